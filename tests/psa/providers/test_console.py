"""The console holds what holds for every ticket system, as far as one that only prints can."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.provider import Accepted, PostingStepKind, TicketQuery
from flowpilot.psa.providers.console import Console, Credentials, Settings
from tests.psa.providers.records import TEXT, note, time

pytestmark = pytest.mark.anyio


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    provider = Console(Access("https://desk.example", (), NoLimiter(), tmp_path), Credentials(), Settings())
    yield provider
    await provider.aclose()


async def test_a_note_is_printed_and_found_again(console: Console, capsys: pytest.CaptureFixture[str]) -> None:
    record = note()
    written = await console.write("4711", record)
    assert capsys.readouterr().err == f"ticket 4711: note, internal, {len(TEXT)} characters\n"
    assert isinstance(written, Accepted)
    assert await console.find_record("4711", record.marker, PostingStepKind.NOTE) == written.external_id
    assert await console.find_record("4712", record.marker, PostingStepKind.NOTE) is None
    assert [found.text for found in await console.read_notes("4711", 5)] == [TEXT]


async def test_time_is_found_to_the_minute(console: Console) -> None:
    record = time("alex", 17)
    await console.write("4711", record)
    assert await console.booked_minutes("4711", record.marker) == 17


async def test_every_number_is_a_ticket(console: Console) -> None:
    ticket = await console.read_ticket("4711")
    assert (ticket.summary, ticket.status, ticket.url) == ("Ticket 4711", "New", None)


async def test_a_status_stays(console: Console) -> None:
    assert await console.set_status("4711", "closed") == Accepted("closed")
    assert (await console.read_ticket("4711")).is_closed


async def test_the_tickets_of_the_file_are_found_by_their_words(console: Console, tmp_path: Path) -> None:

    tickets = [{"id": str(number), "url": None, "summary": f"Printer {number}"} for number in range(3)]
    (tmp_path / "tickets.json").write_text(json.dumps(tickets))
    first = await console.search(TicketQuery("printer", limit=2))
    assert [ticket.id for ticket in first.items] == ["0", "1"]
    assert first.next_cursor is not None
    last = await console.search(TicketQuery("printer", limit=2, cursor=first.next_cursor))
    assert ([ticket.id for ticket in last.items], last.next_cursor) == (["2"], None)


async def test_a_closed_ticket_of_the_file_is_no_open_one(console: Console, tmp_path: Path) -> None:
    tickets = [{"id": "1", "url": None, "summary": "Printer", "is_closed": True}]
    (tmp_path / "tickets.json").write_text(json.dumps(tickets))
    assert (await console.search(TicketQuery("printer"))).items == []
    assert (await console.read_ticket("1")).status == "Closed"
    await console.set_status("1", "new")
    assert [ticket.status for ticket in (await console.search(TicketQuery("printer"))).items] == ["New"]


async def test_somebodys_tickets_are_those_of_their_member(console: Console, tmp_path: Path) -> None:
    tickets = [{"id": one, "url": None, "summary": "Printer", "member_id": one} for one in ("7", "8")]
    (tmp_path / "tickets.json").write_text(json.dumps(tickets))
    assert [ticket.id for ticket in (await console.search(TicketQuery(member_id="7"))).items] == ["7"]
