"""What was fetched of a ticket system so far, in files, so that a fetch that was stopped goes on where it was.

A line of `tickets.jsonl` is one ticket. `reached.json` says up to where that file counts: it is replaced after
each page, so what a killed command had half written is cut off.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flowpilot.imports.case.model import Row
from flowpilot.imports.psa.rows import TicketFacts

# Of what columns the rows are. What a FlowPilot with other columns has begun to fetch is fetched again.
FORM = 2
# What was fetched and not imported is kept for so long after the last look at it.
KEPT = timedelta(days=30)


def folder_of(data_dir: Path, account_id: UUID) -> Path:
    """Where an account's fetches are, each in a folder of its own."""
    return data_dir / "imports" / str(account_id)


def remove_old(data_dir: Path, now: datetime) -> None:
    """Remove the fetches that nobody has gone on with, or imported, since the time for which they are kept.

    They are on the machine on which they were fetched, whoever's they are: so each machine looks at its own.
    """
    for fetch in data_dir.glob("imports/*/*/"):
        with suppress(OSError):  # Another process removes it at the same time.
            newest = max(file.stat().st_mtime for file in (fetch, *fetch.iterdir()))
            if newest < (now - KEPT).timestamp():
                shutil.rmtree(fetch)


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a fetch has come: of tickets that changed since then, after this cursor.

    `began_at` is when this round began: what changes after it is fetched in the next one.
    """

    since: datetime
    cursor: str | None = None
    began_at: datetime | None = None
    size: int = 0
    tickets: int = 0


@dataclass(frozen=True, slots=True)
class FetchedTicket:
    """A ticket as the file keeps it."""

    facts: TicketFacts
    rows: Sequence[Row]


class Spool:
    """The files of one fetch, which nobody else may read."""

    def __init__(self, directory: Path, since: datetime) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._tickets, self._reached = directory / "tickets.jsonl", directory / "reached.json"
        self.rows_file = directory / "history.jsonl"
        self.reached = self._read_reached(since)
        self._tickets.touch(mode=0o600)
        os.truncate(self._tickets, self.reached.size)

    def add(self, tickets: Iterable[FetchedTicket], cursor: str | None) -> None:
        """Add a page, whole or not at all."""
        lines = [json.dumps(asdict(ticket), default=str) + "\n" for ticket in tickets]
        with self._tickets.open("ab") as file:
            file.write("".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())
        size, count = self._tickets.stat().st_size, self.reached.tickets + len(lines)
        self.go_on(replace(self.reached, cursor=cursor, size=size, tickets=count))

    def go_on(self, reached: Reached) -> None:
        """Note how far it has come."""
        self.reached = reached
        draft = self._reached.with_suffix(".draft")
        draft.write_text(json.dumps({**asdict(reached), "form": FORM}, default=str))
        draft.replace(self._reached)

    def tickets(self) -> Iterator[FetchedTicket]:
        """Each ticket as it was fetched last, by number."""
        places: dict[str, int] = {}
        with self._tickets.open("rb") as file:
            place = 0
            for line in file:
                places[json.loads(line)["facts"]["ticket"]] = place
                place += len(line)
            for _, place in sorted(places.items(), key=lambda item: (len(item[0]), item[0])):
                file.seek(place)
                yield _fetched(json.loads(file.readline()))

    def write_rows(self, tickets: Iterable[FetchedTicket]) -> int:
        """Write the rows of these tickets as a log, and return how many tickets they are."""
        count = 0
        self.rows_file.touch(mode=0o600)
        with self.rows_file.open("w") as file:
            for ticket in tickets:
                count += 1
                for row in ticket.rows:
                    file.write(json.dumps({key: value or "" for key, value in row.items()}) + "\n")
        return count

    def remove(self) -> None:
        """Remove all of it, once it is imported."""
        for file in (self._tickets, self._reached, self.rows_file):
            file.unlink(missing_ok=True)
        with suppress(OSError):
            self._tickets.parent.rmdir()

    def _read_reached(self, since: datetime) -> Reached:
        try:
            said = json.loads(self._reached.read_text())
        except (OSError, ValueError):
            return Reached(since)
        if said.pop("form", None) != FORM:
            return Reached(since)
        moments = {name: said[name] and datetime.fromisoformat(said[name]) for name in ("since", "began_at")}
        return Reached(**{**said, **moments})


def _fetched(said: dict[str, Any]) -> FetchedTicket:
    facts = said["facts"]
    resolved_at = facts["resolved_at"] and datetime.fromisoformat(facts["resolved_at"])
    return FetchedTicket(TicketFacts(**{**facts, "resolved_at": resolved_at}), said["rows"])
