"""Time in ConnectWise PSA: whose it is, when it was, and what a refusal says."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Accepted, Audience, PostingStepKind, Record, Refused, WorkTime
from flowpilot.psa.providers.connectwise import ConnectWise, Settings
from flowpilot.psa.providers.connectwise.settings import BillableOption
from flowpilot.psa.providers.connectwise.writing import charge_type
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.providers.records import marker, time
from tests.psa.proxy import Proxy
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio

VIENNA = ZoneInfo("Europe/Vienna")


def _worked(minutes: int, started_at: datetime, ended_at: datetime) -> Record:
    return Record(marker(), Audience.INTERNAL, time=WorkTime(minutes, started_at, ended_at, "AlexD"))


async def _booked(provider: ConnectWise, desk: Desk, ticket: str, record: Record) -> dict[str, Any]:
    assert isinstance(await provider.write(ticket, record), Accepted)
    return desk.entries[-1]


@pytest.mark.parametrize(("month", "hour"), [(7, 18), (12, 19)])
async def test_times_are_in_utc_to_the_second(
    provider: ConnectWise, desk: Desk, ticket: str, month: int, hour: int
) -> None:
    ended = datetime(2026, month, 15, 20, 0, 0, 999_999, tzinfo=VIENNA)
    entry = await _booked(provider, desk, ticket, _worked(30, ended - timedelta(minutes=30), ended))
    assert (entry["timeStart"], entry["timeEnd"]) == (
        f"2026-{month:02}-15T{hour - 1}:30:00Z",
        f"2026-{month:02}-15T{hour}:00:00Z",
    )


@pytest.mark.parametrize(
    ("minutes", "hours", "end"), [(1, 0.02, "09:01:12"), (6, 0.1, "09:06:00"), (17, 0.28, "09:17:00")]
)
async def test_start_end_and_hours_agree_although_hours_have_two_decimals(
    provider: ConnectWise, desk: Desk, ticket: str, minutes: int, hours: float, end: str
) -> None:
    entry = await _booked(provider, desk, ticket, time("AlexD", minutes))
    assert (entry["actualHours"], entry["timeStart"], entry["timeEnd"]) == (
        hours,
        "2026-06-15T09:00:00Z",
        f"2026-06-15T{end}Z",
    )
    assert "hoursDeduct" not in entry


async def test_a_system_that_wants_no_end_gets_start_and_hours(access: Access, desk: Desk, ticket: str) -> None:
    provider = open_connectwise(access, Settings(sends_end=False))
    entry = await _booked(provider, desk, ticket, time("AlexD", 15))
    assert (entry["timeStart"], entry["actualHours"]) == ("2026-06-15T09:00:00Z", 0.25)
    assert "timeEnd" not in entry


async def test_time_is_always_of_a_named_member(provider: ConnectWise, proxy: Proxy, ticket: str) -> None:
    """Without one, ConnectWise would book it on the API member."""
    refused = await provider.write(ticket, time(None))
    assert isinstance(refused, Refused)
    assert "Map the person" in refused.reason
    assert proxy.requests == []


async def test_a_member_who_is_not_there_is_named(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    refused = await provider.write(ticket, time("Nobody"))
    assert refused == Refused(
        "ConnectWise PSA refused this: Member Nobody not found (member/identifier)", "member/identifier"
    )
    assert desk.entries == []


async def test_an_entry_shows_the_client_nothing_and_mails_nobody(
    provider: ConnectWise, proxy: Proxy, ticket: str
) -> None:
    record = time("AlexD")
    await provider.write(ticket, record)
    (request,) = proxy.changes
    sent = json.loads(request.body)
    assert {value for name, value in sent.items() if name.endswith("Flag")} == {False}
    assert (sent["internalNotes"], "notes" in sent) == (record.marker, False)


async def test_what_the_connection_says_of_time_is_sent(access: Access, desk: Desk, ticket: str) -> None:
    settings = Settings(
        work_type_id=4, work_role_id=9, billable_option=BillableOption.NO_CHARGE, time_notes="Remote support"
    )
    entry = await _booked(open_connectwise(access, settings), desk, ticket, time("AlexD"))
    assert (entry["workType"], entry["workRole"]) == ({"id": 4}, {"id": 9})
    assert (entry["billableOption"], entry["notes"]) == ("NoCharge", "Remote support")


async def test_worked_minutes_are_read_and_not_billed_ones(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    record = time("AlexD", 17)
    entry = await _booked(provider, desk, ticket, record)
    assert entry["hoursBilled"] == 0.5
    assert await provider.booked_minutes(ticket, record.marker) == pytest.approx(16.8)


async def test_an_entry_at_the_same_time_is_not_taken_for_ours(provider: ConnectWise, ticket: str) -> None:
    await provider.write(ticket, time("AlexD", 17))
    twin = time("AlexD", 17)
    assert await provider.find_record(ticket, twin.marker, PostingStepKind.TIME) is None
    assert await provider.booked_minutes(ticket, twin.marker) is None


async def test_a_closed_period_is_said_and_works_once_it_is_open(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    desk.period_closed_before = datetime(2026, 7, 1, tzinfo=UTC)
    refused = await provider.write(ticket, time("AlexD"))
    assert refused == Refused(
        "ConnectWise PSA refused this: The time period of this date is closed. (timeStart) Have the timesheet or "
        "the period opened again there, and try again.",
        "timeStart",
    )
    desk.period_closed_before = None
    assert isinstance(await provider.write(ticket, time("AlexD")), Accepted)


async def test_a_submitted_timesheet_is_said(provider: ConnectWise, desk: Desk, ticket: str) -> None:
    desk.submitted.add("AlexD")
    refused = await provider.write(ticket, time("AlexD"))
    assert isinstance(refused, Refused)
    assert "The timesheet has been submitted." in refused.reason
    assert isinstance(await provider.write(ticket, time("KimD")), Accepted)


async def test_a_board_tells_which_statuses_allow_no_time(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    statuses = {status.id: status for status in (await provider.list_boards())[0].statuses}
    assert {key for key, status in statuses.items() if not status.allows_time} == {"103"}
    await provider.set_status(ticket, "103")
    refused = await provider.write(ticket, time("AlexD"))
    assert isinstance(refused, Refused)
    assert "Status Closed allows no time entry." in refused.reason


async def test_time_is_found_on_a_ticket_that_was_merged_since(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    record = time("AlexD", 15)
    written = await provider.write(ticket, record)
    between, left = place.new_ticket(), place.new_ticket()
    place.merge(ticket, between)
    place.merge(between, left)
    for number in (ticket, between, left):
        assert written == Accepted(await provider.find_record(number, record.marker, PostingStepKind.TIME) or "")
        assert await provider.booked_minutes(number, record.marker) == 15


def test_time_on_a_ticket_of_a_project_is_charged_to_it() -> None:
    kinds = ("ServiceTicket", "ProjectTicket", "ProjectIssue", None)
    charged = [charge_type({"recordType": kind}) for kind in kinds]
    assert charged == ["ServiceTicket", "ProjectTicket", "ProjectTicket", "ServiceTicket"]
