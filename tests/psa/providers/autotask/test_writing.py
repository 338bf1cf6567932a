"""What is written to Autotask, and what becomes of what it refuses."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flowpilot.clock import now
from flowpilot.psa.client import Access
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.markers import SHORTENED
from flowpilot.psa.postings.planning import Worked
from flowpilot.psa.provider import Accepted, Audience, Outcome, PostingStepKind, Refused, TryLater, WorkTime
from flowpilot.psa.providers.autotask import Autotask
from flowpilot.psa.providers.autotask.files import MOST_BYTES
from flowpilot.psa.providers.registry import PROVIDERS
from tests.psa.providers.files import screenshot
from tests.psa.providers.records import note, time
from tests.psa.proxy import Proxy
from tests.psa.servers.autotask.published import COMPLETE, COMPLETED_AT, DESK, EVERYBODY, ROLE
from tests.psa.servers.autotask.server import AutotaskServer

pytestmark = pytest.mark.anyio


async def test_a_note_is_written_as_its_engineer_and_shown_to_nobody_else(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    await autotask.write(ticket, replace(note(), author_id=system.kim))
    (row,) = [row for row in system.rows["TicketNotes"] if row["ticketID"] == int(ticket)]
    assert (row["creatorResourceID"], row["publish"]) == (int(system.kim), DESK)


async def test_an_audience_is_the_number_of_the_tenant(
    system: AutotaskServer, access: Access, ticket: str
) -> None:
    provider = system.autotask(access, internal_publish=4, client_publish=EVERYBODY)
    for audience in Audience:
        await provider.write(ticket, note(audience=audience))
    assert [row["publish"] for row in system.rows["TicketNotes"][-2:]] == [4, EVERYBODY]


async def test_without_impersonation_nobody_is_named_in_the_headers(
    system: AutotaskServer, access: Access, ticket: str
) -> None:
    await system.autotask(access, writes_as="api_user").write(ticket, time(system.kim))
    assert all("impersonationresourceid" not in asked.headers for asked in system.asked)
    assert system.rows["TimeEntries"][-1]["resourceID"] == int(system.kim)


async def test_a_long_title_is_shortened(system: AutotaskServer, autotask: Autotask, ticket: str) -> None:
    await autotask.write(ticket, note("x" * 300))
    assert system.rows["TicketNotes"][-1]["title"] == f"{'x' * 249}…"


async def test_a_long_note_is_cut_with_a_mark_and_found(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    record = note("line\n" * 12_000)
    await autotask.write(ticket, record)
    stored = system.rows["TicketNotes"][-1]["description"]
    assert len(stored) <= autotask.capabilities.max_note_chars < 32_000
    assert stored.endswith(f"line\n\n{SHORTENED}\n\n{record.marker}")
    assert await autotask.find_record(ticket, record.marker, PostingStepKind.NOTE) is not None


async def test_the_role_is_the_engineers_own_without_a_setting(
    system: AutotaskServer, access: Access, ticket: str
) -> None:
    provider = system.autotask(access, role_id=None)
    assert isinstance(await provider.write(ticket, time(system.alex)), Accepted)
    assert system.rows["TimeEntries"][-1]["roleID"] == ROLE
    refused = await provider.write(ticket, time(system.kim))
    assert isinstance(refused, Refused)
    assert refused.field == "role_id"


async def test_a_role_that_does_not_exist_is_named(system: AutotaskServer, access: Access, ticket: str) -> None:
    refused = await system.autotask(access, role_id=99).write(ticket, time(system.alex))
    assert isinstance(refused, Refused)
    assert refused.field == "roleID"


async def test_time_over_midnight_utc_is_refused_and_its_halves_are_taken(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    """The registry says so, and whoever posts splits it."""
    assert PROVIDERS[ProviderKind.AUTOTASK].splits_at_midnight_utc
    evening, midnight = datetime(2026, 6, 15, 23, 40, tzinfo=UTC), datetime(2026, 6, 16, tzinfo=UTC)
    morning = midnight + timedelta(minutes=20)

    async def booked(minutes: int, started_at: datetime, ended_at: datetime) -> Outcome:
        work = WorkTime(minutes, started_at, ended_at, system.alex)
        return await autotask.write(ticket, replace(time(system.alex), time=work))

    refused = await booked(40, evening, morning)
    assert isinstance(refused, Refused)
    assert "midnight" in refused.reason
    assert isinstance(await booked(20, evening, midnight), Accepted)
    assert isinstance(await booked(20, midnight, morning), Accepted)
    assert sum(stored.minutes for stored in system.stored(ticket)) == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize("seconds", [30.0, 30.25, 1169.5, 1170.0])
async def test_minutes_that_were_rounded_up_before_midnight_are_taken(
    system: AutotaskServer, autotask: Autotask, ticket: str, seconds: float
) -> None:
    midnight = datetime(2026, 6, 16, tzinfo=UTC)
    work = Worked(None, midnight - timedelta(seconds=seconds), midnight, seconds, midnight)
    times = work.booked
    booked = WorkTime(work.minutes, *times, system.alex)
    assert isinstance(await autotask.write(ticket, replace(time(system.alex), time=booked)), Accepted)
    assert [stored.minutes for stored in system.stored(ticket)] == [pytest.approx(work.minutes, abs=0.1)]


async def test_a_submitted_timesheet_refuses_until_it_is_open_again(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    system.closed_timesheets.add(int(system.alex))
    record = time(system.alex)
    refused = await autotask.write(ticket, record)
    assert isinstance(refused, Refused)
    assert "timesheet" in refused.reason
    system.closed_timesheets.clear()
    assert isinstance(await autotask.write(ticket, record), Accepted)
    assert len(system.stored(ticket)) == 1


async def test_a_missing_right_comes_as_500_and_is_refused(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    system.refused = {"Notes": "The logged in Resource does not have the adequate permissions to create this."}
    refused = await autotask.write(ticket, note())
    assert isinstance(refused, Refused)
    assert "permissions" in refused.reason
    assert "security level" in refused.reason


async def test_a_ticket_in_use_is_for_later(system: AutotaskServer, autotask: Autotask, ticket: str) -> None:
    system.in_use.add(int(ticket))
    assert isinstance(await autotask.write(ticket, note()), TryLater)


async def test_no_write_touches_custom_fields_or_the_description(
    system: AutotaskServer, autotask: Autotask, proxy: Proxy, ticket: str
) -> None:
    before = dict(system.ticket(ticket))
    for record in (note(), time(system.alex), note(audience=Audience.CLIENT)):
        await autotask.write(ticket, record)
    await autotask.set_status(ticket, str(COMPLETE))
    written = [json.loads(request.body) for request in proxy.changes]
    assert len(written) == 4
    assert "userDefinedFields" not in set(itertools.chain(*written))
    assert written[-1] == {"id": int(ticket), "status": COMPLETE}
    assert system.ticket(ticket) == {**before, "status": COMPLETE, "completedDate": COMPLETED_AT}


async def test_a_file_that_the_interface_does_not_take_is_not_sent(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    record = screenshot()
    assert record.file is not None
    large = replace(record, file=replace(record.file, content=bytes(MOST_BYTES + 1)))
    refused = await autotask.write(ticket, large)
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("Autotask's interface takes files of up to 6 MB.")
    assert system.asked == []


async def test_too_many_files_in_five_minutes_wait_for_as_long(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    system.refused["Attachments"] = "The limit of 10,000,000 bytes in a five-minute period is exceeded."
    before = now()
    answer = await autotask.write(ticket, screenshot())
    assert isinstance(answer, TryLater)
    assert answer.not_before is not None
    assert timedelta(minutes=4) < answer.not_before - before < timedelta(minutes=6)
