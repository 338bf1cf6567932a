"""Notes in ConnectWise PSA: who reads them, how they are marked, and what is read back."""

import json
from typing import Any

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.markers import SHORTENED
from flowpilot.psa.provider import Accepted, Audience, PostingStepKind, Record, Refused, TryLater, Unknown
from flowpilot.psa.providers.connectwise import ConnectWise, Settings
from flowpilot.psa.providers.connectwise.failures import Right
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.providers.records import TEXT, marker, note, time
from tests.psa.proxy import Proxy
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio


def _sent(proxy: Proxy) -> Any:
    (request,) = proxy.changes
    return json.loads(request.body)


@pytest.mark.parametrize(
    ("audience", "shown"),
    [
        (Audience.INTERNAL, {"internalAnalysisFlag"}),
        (Audience.CLIENT, {"detailDescriptionFlag", "processNotifications"}),
    ],
)
async def test_every_flag_is_sent(
    provider: ConnectWise, proxy: Proxy, ticket: str, audience: Audience, shown: set[str]
) -> None:
    await provider.write(ticket, note(audience=audience))
    flags = {name: value for name, value in _sent(proxy).items() if isinstance(value, bool)}
    assert {name for name, value in flags.items() if value} == shown
    assert flags.keys() == {
        "internalAnalysisFlag",
        "detailDescriptionFlag",
        "resolutionFlag",
        "issueFlag",
        "customerUpdatedFlag",
        "processNotifications",
    }


async def test_a_client_can_be_shown_a_note_without_an_e_mail(access: Access, proxy: Proxy, ticket: str) -> None:
    provider = open_connectwise(access, Settings(notifies_clients=False))
    await provider.write(ticket, note(audience=Audience.CLIENT))
    sent = _sent(proxy)
    assert (sent["detailDescriptionFlag"], sent["processNotifications"]) == (True, False)


async def test_the_marker_is_the_last_line(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    record = note()
    await provider.write(ticket, record)
    assert desk.notes[-1]["text"] == f"{TEXT}\n\n{record.marker}"


async def test_a_note_is_of_the_engineer_who_wrote_it(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    await provider.write(ticket, Record(marker(), Audience.INTERNAL, TEXT, author_id="KimD"))
    assert desk.notes[-1]["member"] == {"identifier": "KimD"}


async def test_a_note_is_found_although_its_line_breaks_were_lost(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    record = note()
    written = await provider.write(ticket, record)
    desk.notes[-1]["text"] = " ".join(desk.notes[-1]["text"].split())
    assert isinstance(written, Accepted)
    assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id


async def test_a_reply_that_quotes_a_note_is_not_taken_for_it(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    record = note()
    written = await provider.write(ticket, record)
    desk.new_note(int(ticket), {"text": f"> {TEXT}\n> {record.marker}"})
    assert isinstance(written, Accepted)
    assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id


async def test_a_note_that_the_client_can_read_by_mistake_is_said(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    """The answer to the request says the same of every note, so the note is read back."""
    desk.shows_notes = True
    refused = await provider.write(ticket, note())
    number = desk.notes[-1]["id"]
    assert refused == Refused(
        f"ConnectWise PSA stored note {number} so that the client can read it. Correct it there.",
        wrong_id=str(number),
    )


async def test_a_success_that_names_no_record_is_unknown(provider: ConnectWise, proxy: Proxy, ticket: str) -> None:
    proxy.will_answer(201)
    assert isinstance(await provider.write(ticket, note()), Unknown)
    assert await provider.find_record(ticket, "FP-NONE", PostingStepKind.NOTE) is None


async def test_a_long_note_is_cut_at_the_end_of_a_line(access: Access, desk: Desk, ticket: str) -> None:
    provider = open_connectwise(access, Settings(max_note_chars=500))
    lines = [f"Line {number:03} of what was done" for number in range(100)]
    record = note("\n".join(lines))
    await provider.write(ticket, record)
    stored = desk.notes[-1]["text"]
    kept, _, end = stored.partition("\n\n")
    assert end == f"{SHORTENED}\n\n{record.marker}"
    assert kept.split("\n") == lines[: kept.count("\n") + 1]
    assert 450 < len(stored) <= 500
    assert provider.capabilities.max_note_chars == 500


async def test_line_breaks_can_be_those_of_markdown(access: Access, desk: Desk, ticket: str) -> None:
    provider = open_connectwise(access, Settings(breaks_lines_in_markdown=True))
    record = note("One\nTwo\n\nThree")
    await provider.write(ticket, record)
    assert desk.notes[-1]["text"] == f"One  \nTwo  \n\nThree  \n\n{record.marker}"


async def test_a_ticket_in_use_is_tried_later(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    desk.in_use.add(int(ticket))
    assert isinstance(await provider.write(ticket, note()), TryLater)
    assert desk.notes == []


@pytest.mark.parametrize(
    ("record", "path", "right"),
    [
        (note(), "POST /service/tickets", Right.NOTES),
        (time("AlexD"), "POST /time/entries", Right.BOOK),
        (note(), "GET /service/tickets", Right.TICKETS),
    ],
)
async def test_a_missing_right_is_named(
    provider: ConnectWise, desk: Desk, ticket: str, record: Record, path: str, right: Right
) -> None:
    desk.denied.add(path)
    refused = await provider.write(ticket, record)
    assert isinstance(refused, Refused)
    assert f"“{right}”" in refused.reason


async def test_a_note_for_a_merged_ticket_is_written_to_the_one_that_is_left(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    left = place.new_ticket()
    place.merge(ticket, left)
    record = note()
    written = await provider.write(ticket, record)
    assert isinstance(written, Accepted)
    assert [stored.id for stored in place.stored(left)] == [written.external_id]
    assert await provider.find_record(ticket, record.marker, PostingStepKind.NOTE) == written.external_id
