"""A posting arrives exactly once, whatever happens between FlowPilot and the ticket system."""

import contextlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from flowpilot.db.session import Database
from flowpilot.psa.provider import Capabilities, CredentialsError
from flowpilot.psa.rules.models import default_rules
from tests.company import Company
from tests.psa.postings.desk import (
    JOINT,
    JOINT_FOR_ANYBODY,
    SEPARATE,
    STARTED,
    KilledError,
    MemoryDesk,
    Office,
    open_office,
    worked,
)

pytestmark = pytest.mark.anyio

FAULTS = ("", "", "lost", "dropped", "kill", "kill late", "later", "down")


@pytest.fixture
def desk() -> MemoryDesk:
    return MemoryDesk()


@pytest.fixture
async def office(company: Company, database: Database, desk: MemoryDesk) -> Office:
    return await open_office(company, database, desk)


async def test_a_note_and_the_time_of_two_people_are_confirmed(office: Office) -> None:
    posting = await office.post(worked(office.engineer, 16.2), worked(office.senior, 5))
    assert await office.turn() is None
    assert office.states(posting) == ["confirmed"] * 4
    found = [
        (one.text, one.time and (one.time.minutes, one.time.member_id)) for one in office.desk.records_of("4711")
    ]
    assert found == [("It was the fuse.", None), (None, (17, "alex")), (None, (5, "kim"))]


async def test_time_is_sent_in_the_time_zone_of_the_account(office: Office) -> None:
    """A system that keeps time by the day takes the day from it."""
    await office.post(worked(office.engineer), text=None)
    await office.turn(ZoneInfo("Pacific/Auckland"))
    (record,) = office.desk.records_of("4711")
    assert record.time is not None
    assert [moment.isoformat() for moment in (record.time.started_at, record.time.ended_at)] == [
        "2026-06-15T21:00:00+12:00",
        "2026-06-15T21:17:00+12:00",
    ]


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process is in New York."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
async def test_the_zone_of_the_process_changes_no_moment(office: Office) -> None:
    await office.post(worked(office.engineer), text=None)
    await office.turn(ZoneInfo("Europe/Vienna"))
    (record,) = office.desk.records_of("4711")
    assert record.time is not None
    assert (record.time.started_at, record.time.ended_at) == (STARTED, STARTED + timedelta(minutes=17))


async def test_where_note_and_time_are_one_record_both_have_its_id(office: Office) -> None:
    office.desk.capabilities = JOINT
    posting = await office.post(worked(office.engineer), worked(office.senior, 5))
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 4
    ids = office.company.query("SELECT external_id FROM psa_posting_steps ORDER BY position")
    assert ids == [("0",), ("0",), ("1",)]


async def test_only_what_was_refused_has_failed(office: Office) -> None:
    office.desk.planned.extend(["", "refuse", ""])
    posting = await office.post(worked(office.engineer), worked(office.senior))
    await office.turn()
    assert office.states(posting) == ["failed", "confirmed", "failed", "confirmed"]
    assert office.reason(posting) == "The period is closed."


async def test_time_of_somebody_who_is_not_matched_waits_and_holds_up_nobody(office: Office) -> None:
    del office.members[office.senior]
    posting = await office.post(worked(office.engineer), worked(office.senior))
    assert await office.turn() is None
    assert office.states(posting) == ["queued", "confirmed", "confirmed", "queued"]
    assert "not matched" in office.reason(posting)
    assert [one.time.member_id for one in office.desk.records_of("4711") if one.time] == ["alex"]


async def test_a_desk_that_is_down_rests_and_all_arrives_afterwards(office: Office) -> None:
    office.desk.is_down = True
    postings = [await office.post(), await office.post()]
    assert await office.turn() is not None
    office.desk.is_down = False
    office.let_time_pass()
    await office.turn()
    assert [office.states(posting) for posting in postings] == [["confirmed", "confirmed"]] * 2
    assert office.company.query("SELECT failures, trouble FROM psa_connections") == [(0, None)]


async def test_a_deleted_ticket_gets_nothing(office: Office) -> None:
    office.desk.tickets["4711"] = replace(office.desk.tickets["4711"], is_deleted=True)
    posting = await office.post(worked(office.engineer))
    await office.turn()
    assert office.states(posting) == ["failed"] * 3
    assert (office.reason(posting), office.desk.records) == (
        "Ticket 4711 is deleted, so nothing was written to it.",
        [],
    )


async def test_a_merged_ticket_is_followed_and_said(office: Office) -> None:
    office.desk.planned.append("lost")
    posting = await office.post(worked(office.engineer))
    await office.turn()
    office.desk.tickets["4712"] = replace(office.desk.tickets["4711"], id="4712")
    office.desk.merged["4711"] = "4712"
    office.desk.records = [("4712", record) for _, record in office.desk.records]
    office.let_time_pass()
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 3
    assert len(office.desk.records_of("4712")) == 2
    assert office.reason(posting) == "Ticket 4711 was merged into 4712, so this goes there."


async def test_the_number_that_people_see_is_no_merge(office: Office) -> None:
    office.desk.tickets["9"] = replace(office.desk.tickets.pop("4711"), id="9", number="4711")
    office.desk.merged["4711"] = "9"
    posting = await office.post()
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 2
    assert office.company.query("SELECT reason FROM psa_postings") == [(None,)]


async def test_what_stayed_on_a_merged_ticket_is_not_written_again(office: Office) -> None:
    office.desk.planned.append("lost")
    posting = await office.post(worked(office.engineer))
    await office.turn()
    office.desk.tickets["4712"] = replace(office.desk.tickets["4711"], id="4712")
    office.desk.merged["4711"] = "4712"
    office.let_time_pass()
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 3
    assert [len(office.desk.records_of(number)) for number in ("4711", "4712")] == [2, 0]


async def test_a_held_posting_waits_for_its_time(office: Office) -> None:
    rules = default_rules(office.company.id)
    rules.hold_minutes = 10
    posting = await office.post(rules=rules)
    assert await office.turn() is not None
    assert office.states(posting)[0] == "held"
    office.let_time_pass()
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed"]


async def test_without_the_right_credentials_nothing_fails(office: Office) -> None:
    office.desk.is_revoked = True
    posting = await office.post()
    with pytest.raises(CredentialsError):
        await office.turn()
    assert office.states(posting) == ["queued", "queued"]


async def test_the_status_comes_last_and_not_after_a_failure(office: Office) -> None:
    _choose_status(office)
    office.desk.planned.extend(["", "refuse"])
    failing = await office.post(worked(office.engineer), sets_status=True)
    await office.turn()
    assert (office.states(failing), office.desk.statuses) == (["failed", "confirmed", "failed", "queued"], {})
    well = await office.post(worked(office.engineer), sets_status=True)
    await office.turn()
    assert (office.states(well), office.desk.statuses) == (["confirmed"] * 4, {"4711": "closed"})


async def test_a_status_that_nobody_has_chosen_fails_alone(office: Office) -> None:
    posting = await office.post(sets_status=True)
    await office.turn()
    assert office.states(posting) == ["failed", "confirmed", "failed"]
    assert "No status is chosen for the board Desk" in office.reason(posting)


async def test_a_status_that_is_to_stay_as_it_is_is_left_out(office: Office) -> None:
    _choose_status(office, None)
    posting = await office.post(sets_status=True)
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed", "abandoned"]
    assert (office.reason(posting), office.desk.statuses) == (
        "Tickets of the board Desk keep their status, as chosen in Settings.",
        {},
    )


async def test_the_reports_see_what_is_confirmed(office: Office) -> None:
    office.desk.planned.extend(["later", ""])
    await office.post(worked(office.engineer, 18))
    await office.turn()
    log = "SELECT status, retry_count, posted_at IS NULL FROM psa_post_logs"
    assert office.company.query(log) == [("pending", 0, True)]
    office.let_time_pass()
    await office.turn()
    assert office.company.query(log) == [("success", 1, False)]
    activities = "SELECT activity_type, hours_logged::float FROM psa_activity_logs ORDER BY activity_type"
    assert office.company.query(activities) == [("note_posted", None), ("time_entry_posted", 0.3)]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("capabilities", "n"), [(SEPARATE, 6), (JOINT, 4), (JOINT_FOR_ANYBODY, 4)])
async def test_whatever_happens_everything_arrives_exactly_once(
    office: Office, seed: int, capabilities: Capabilities, n: int
) -> None:
    office.desk.capabilities = capabilities
    dice = random.Random(seed)  # noqa: S311 - a plan of faults, not a secret
    postings = [await office.post(worked(office.engineer), worked(office.senior)) for _ in range(2)]
    office.desk.planned.extend(dice.choice(FAULTS) for _ in range(8))
    for _ in range(40):
        with contextlib.suppress(KilledError):
            await office.turn()
        office.let_time_pass()
        for posting in postings:
            if office.states(posting)[0] == "failed":
                await office.retry(posting)
    assert [office.states(posting) for posting in postings] == [["confirmed"] * 4] * 2
    markers = [record.marker for record in office.desk.records_of("4711")]
    assert len(markers) == len(set(markers)) == n


def _choose_status(office: Office, status: str | None = "closed") -> None:
    office.company.add(
        "psa_board_statuses",
        connection_id=office.connection_id,
        board_id="1",
        board_name="Desk",
        occasion="resolved",
        status_id=status,
        status_name=status,
    )
