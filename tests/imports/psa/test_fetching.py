"""Fetching tickets page by page: stopped, resumed and made to wait."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from flowpilot.clock import now
from flowpilot.imports.psa.fetching import fetch
from flowpilot.imports.psa.rows import People
from flowpilot.imports.psa.spool import Spool
from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.history import HistoryPage, TicketHistory
from flowpilot.psa.provider import ProviderError, UnavailableError
from flowpilot.psa.providers.console import Console, Credentials, Settings
from tests.imports.psa.histories import MEMBERS, at, history

pytestmark = pytest.mark.anyio
SINCE = at("00:00")


class Past(Console):
    """A ticket system with these tickets, two on a page. `failures` are by the number of the request."""

    def __init__(self, directory: Path, tickets: Sequence[TicketHistory]) -> None:
        super().__init__(Access("", (), NoLimiter(), directory), Credentials(), Settings())
        self.tickets, self.failures = list(tickets), dict[int, Exception]()
        self.asked: list[tuple[datetime, str | None]] = []

    async def read_history(self, since: datetime, cursor: str | None) -> HistoryPage:
        self.asked.append((since, cursor))
        if (failure := self.failures.get(len(self.asked))) is not None:
            raise failure
        start = int(cursor or 0)
        more = start + 2 < len(self.tickets)
        return HistoryPage(self.tickets[start : start + 2], str(start + 2) if more else None)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path, [history(str(number)) for number in range(1, 6)])


async def fetched(past: Past, directory: Path) -> list[str]:
    spool = Spool(directory / "spool", SINCE)
    await fetch(past, spool, People(MEMBERS), lambda *_: None, clock=now)
    return [ticket.facts.ticket for ticket in spool.tickets()]


async def test_all_pages_are_fetched(past: Past, tmp_path: Path) -> None:
    assert await fetched(past, tmp_path) == ["1", "2", "3", "4", "5"]
    assert [cursor for _, cursor in past.asked] == [None, "2", "4"]


async def test_a_fetch_that_was_stopped_goes_on_with_the_page_that_it_missed(past: Past, tmp_path: Path) -> None:
    past.failures[2] = ProviderError("The ticket system is closed.")
    with pytest.raises(ProviderError, match="closed"):
        await fetched(past, tmp_path)
    assert await fetched(past, tmp_path) == ["1", "2", "3", "4", "5"]
    assert [cursor for _, cursor in past.asked] == [None, "2", "2", "4"]


async def test_half_a_page_that_a_killed_command_wrote_is_cut_off(past: Past, tmp_path: Path) -> None:
    past.failures[2] = ProviderError("The ticket system is closed.")
    with pytest.raises(ProviderError):
        await fetched(past, tmp_path)
    with (tmp_path / "spool" / "tickets.jsonl").open("a") as file:
        file.write('{"facts": {"ticket": "3"')
    assert await fetched(past, tmp_path) == ["1", "2", "3", "4", "5"]


async def test_what_an_older_flowpilot_has_begun_is_fetched_again(past: Past, tmp_path: Path) -> None:
    past.failures[2] = ProviderError("The ticket system is closed.")
    with pytest.raises(ProviderError):
        await fetched(past, tmp_path)
    reached = tmp_path / "spool" / "reached.json"
    said = json.loads(reached.read_text())
    del said["form"]
    reached.write_text(json.dumps(said))
    assert await fetched(past, tmp_path) == ["1", "2", "3", "4", "5"]
    assert [cursor for _, cursor in past.asked] == [None, "2", None, "2", "4"]


async def test_a_ticket_system_that_rests_is_waited_for(past: Past, tmp_path: Path) -> None:
    waits: list[datetime] = []
    until = now() + timedelta(milliseconds=20)
    past.failures[2] = UnavailableError("Too many requests.", until)
    spool = Spool(tmp_path / "spool", SINCE)
    await fetch(
        past, spool, People(MEMBERS), lambda _, wait: None if wait is None else waits.append(wait), clock=now
    )
    assert waits == [until]
    assert now() >= until
    assert [cursor for _, cursor in past.asked] == [None, "2", "2", "4"]


async def test_another_fetch_asks_only_for_what_has_changed_since_and_has_it_in_its_new_form(
    past: Past, tmp_path: Path
) -> None:
    before = now()
    await fetched(past, tmp_path)
    past.tickets = [history("2", closed="12:00")]
    spool = Spool(tmp_path / "spool", SINCE)
    await fetch(past, spool, People(MEMBERS), lambda *_: None, clock=now)
    assert past.asked[-1][0] >= before
    assert [(one.facts.ticket, one.facts.state) for one in spool.tickets()][:3] == [
        *(("1", "open"), ("2", "resolved"), ("3", "open")),
    ]


async def test_what_changes_during_a_long_fetch_is_fetched_in_a_further_round(past: Past, tmp_path: Path) -> None:
    times = [at("09:00"), at("09:05"), at("09:05"), at("09:05")]
    spool, clock = Spool(tmp_path / "spool", SINCE), iter(times)
    await fetch(past, spool, People(MEMBERS), lambda *_: None, clock=lambda: next(clock))
    assert [since for since, _ in past.asked] == [SINCE] * 3 + [at("09:00")] * 3
    assert list(clock) == []


async def test_what_is_fetched_is_nobody_elses_to_read(past: Past, tmp_path: Path) -> None:
    await fetched(past, tmp_path)
    files = [tmp_path / "spool", *(tmp_path / "spool").glob("*.jsonl")]
    assert [oct(file.stat().st_mode)[-2:] for file in files] == ["00"] * len(files)
