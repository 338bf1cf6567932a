"""`python -m benchmarks.grown`: what an account that has grown costs, beside the same one of the demo as it is."""

import asyncio
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import httpx2
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.grown.accounts import Grown, account_of, grow, seed
from benchmarks.live import memory
from benchmarks.machine import describe_machine
from benchmarks.matching import load_texts
from benchmarks.pages import OWNER, SENIOR, Place, all_places, open_page, signed_in
from benchmarks.rows import DAYS_IN_ALL
from benchmarks.server import running_server, temporary_settings
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.flows.matching.match import match
from flowpilot.migrations.opening import migrated_database

_WARM_UP = 3
_TEXTS = 40
AIM_RATIO = 2.0
AIM_MATCH_MS = 50.0

# What is as long as its account is large, and is shown in parts.
_LISTS = {
    "members": "/settings/members",
    "clients": "/clients",
    "audit log": "/settings/audit-log",
    "queue, all": "/handoffs?state=all",
    "queue, mine": "/handoffs?claimed=mine",
    # Both have sessions with these words: otherwise a page of them is compared with an empty one.
    "sessions, searched": "/sessions?q=outlook+password",
    "sessions, resolved": "/sessions?status=resolved",
    "rows of sessions": "/analytics/rows/sessions",
    "API: sessions": "/api/v1/ai-sessions",
    "API: handoffs": "/api/v1/handoffs",
    "API: members": "/api/v1/members",
    "API: flows": "/api/v1/flows",
    "API: audit log": "/api/v1/audit-log",
}
_CSV = "/api/v1/analytics/flowpilot/rows/sessions.csv"

_HEADERS = (*("page", "as it is, p50 ms", "kB", "grown, p50 ms", "kB", f"times (aim < {AIM_RATIO:.0f})"),)
RESULTS = Path(__file__).parents[1] / "GROWN.md"

console = Console(width=110)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two installations while it is measured."""

    url: str
    owner: str
    address: str
    places: dict[str, Place]


def main(
    sessions: Annotated[int, typer.Option(min=1000, help="Sessions that are added.")] = 200_000,
    waiting: Annotated[int, typer.Option(min=10, help="Handoffs that nobody has claimed.")] = 10_000,
    people: Annotated[int, typer.Option(min=20, help="Members.")] = 5_000,
    flows: Annotated[int, typer.Option(min=50, help="Flows.")] = 2_000,
    rounds: Annotated[int, typer.Option("--requests", min=2, help="Requests per page and installation.")] = 20,
    write: Annotated[bool, typer.Option("--write", help="Write the figures to benchmarks/GROWN.md.")] = False,
) -> None:
    """Measure every page and list in both, in turns; then matching, and a file of all sessions."""
    size = Grown(sessions, waiting, people, flows)
    with ExitStack() as stack:
        small = stack.enter_context(_installation(None))
        large = stack.enter_context(_installation(size))
        with console.status("Measuring"):
            lines = list(_lines(small, large, rounds))
        notes = [
            *(
                f"A match in the demo {name}: {_match_ms(side):.1f} ms (aim: {AIM_MATCH_MS:.0f} ms)."
                for name, side in (("as it is", small), ("grown", large))
            ),
            _file(large),
        ]
        machine = describe_machine(large.owner)
    _print(lines, notes)
    if write:
        RESULTS.write_text(_markdown(size, lines, notes, machine), "utf-8")


@contextmanager
def _installation(size: Grown | None) -> Iterator[Side]:
    with temporary_settings() as settings, migrated_database(settings) as urls:
        with console.status("Demo data" if size is None else "An account that has grown"):
            seed(urls)
            if size is not None:
                grow(urls, account_of(OWNER), size)
        with (
            running_server(settings.data_dir) as address,
            signed_in(address, SENIOR) as senior,
            signed_in(address, OWNER) as owner,
        ):
            found = all_places(senior, owner) | {name: Place(owner, path) for name, path in _LISTS.items()}
            yield Side(urls.runtime, urls.owner, address, found)


def _lines(small: Side, large: Side, rounds: int) -> Iterator[Sequence[str]]:
    for name in small.places:
        sides = [side.places[name] for side in (small, large)]
        one, other = _in_turns(rounds, sides)
        sizes = [f"{len(open_page(place).content) / 1000:.0f}" for place in sides]
        ratio = other / one
        missed = " !" if ratio >= AIM_RATIO else ""
        yield name, f"{one:.1f}", sizes[0], f"{other:.1f}", sizes[1], f"{ratio:.2f}{missed}"


def _print(lines: Sequence[Sequence[str]], notes: Sequence[str]) -> None:
    table = Table(title="Medians of pages of the demo as it is, and grown", title_justify="left")
    for number, header in enumerate(_HEADERS):
        table.add_column(header, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)
    for note in notes:
        console.print(note, highlight=False)


def _markdown(
    size: Grown, lines: Sequence[Sequence[str]], notes: Sequence[str], machine: Mapping[str, str]
) -> str:
    head = f"""\
# An account that has grown

Made on {now():%Y-%m-%d} by `python -m benchmarks.grown --write`: every page and list of the demo as it is, and of
the same demo whose account has {size.sessions:,} sessions, {size.people:,} members, {size.flows:,} flows and
{size.waiting:,} waiting handoffs more, in turns over HTTP with keep-alive, each in a `flowpilot serve` of its own.
kB are 1,000 bytes of the answer, not compressed. With ! an aim is missed.
"""
    table = ["| " + " | ".join(_HEADERS) + " |", "|---|" + "---:|" * (len(_HEADERS) - 1)]
    body = ["| " + " | ".join(line) + " |" for line in lines]
    facts = [f"- {name}: {value}" for name, value in machine.items()]
    return "\n".join([head, *table, *body, "", *(f"- {note}" for note in notes), *facts]) + "\n"


def _in_turns(rounds: int, visited: Sequence[Place]) -> list[float]:
    """The median milliseconds of each."""
    taken: list[list[float]] = [[] for _ in visited]
    for number in range(_WARM_UP + rounds):
        for place, milliseconds in zip(visited, taken, strict=True):
            started = time.perf_counter()
            open_page(place)
            if number >= _WARM_UP:
                milliseconds.append(1000 * (time.perf_counter() - started))
    return list(map(statistics.median, taken))


def _match_ms(side: Side) -> float:
    async def measure() -> float:
        database = Database(side.url, pool_size=1)
        account, taken = account_of(OWNER), []
        async with database.read(account) as db:
            await match(db, account, "printer", domain=None, now=now())  # Loads the library and the model.
            for asked in load_texts()[:_TEXTS]:
                started = time.perf_counter()
                await match(db, account, asked.text, domain=None, now=now())
                taken.append(1000 * (time.perf_counter() - started))
        await database.close()
        return statistics.median(taken)

    return asyncio.run(measure())


def _file(side: Side) -> str:
    """A file of all sessions, twice: what the second adds to the server's memory is not of starting up."""
    browser = side.places["API: sessions"].browser
    _download(browser)
    before, started = memory(side.address), time.perf_counter()
    lines, first_ms = _download(browser)
    return (
        f"A CSV file of {lines:,} sessions: {time.perf_counter() - started:.1f} s, its first bytes after"
        f" {first_ms:.0f} ms; memory of the server {before / 1e6:.0f} MB before and"
        f" {memory(side.address) / 1e6:.0f} MB after."
    )


def _download(browser: httpx2.Client) -> tuple[int, float]:
    """The lines of the file, and the milliseconds until it began."""
    started, lines, first = time.perf_counter(), 0, 0.0
    asked = {"from": str((now() - timedelta(days=DAYS_IN_ALL + 1)).date()), "to": str(now().date())}
    with browser.stream("GET", _CSV, params=asked) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            first = first or time.perf_counter()
            lines += chunk.count(b"\n")
    return lines, 1000 * (first - started)


if __name__ == "__main__":
    typer.run(main)
