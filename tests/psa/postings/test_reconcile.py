"""What was posted is compared with what the ticket system has, and only real differences count."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings.reconcile import Comparison, Verdict, compare, posted_steps
from flowpilot.psa.provider import PostingStepKind, ProviderError
from tests.company import Company
from tests.psa.postings.desk import SEPARATE, MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio


class HundredthsDesk(MemoryDesk):
    """It keeps hours with two decimals, as Redmine does."""

    async def booked_minutes(self, ticket_id: str, marker: str) -> float | None:
        minutes = await super().booked_minutes(ticket_id, marker)
        return None if minutes is None else round(minutes / 60, 2) * 60

    async def find_record(self, ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        """Only by the number under which it was written, as Request Tracker does after a merge."""
        if ticket_id == "odd":
            raise ProviderError("The desk gave an answer that cannot be read.")
        found = (
            str(number) for number, (at, one) in enumerate(self.records) if (at, one.marker) == (ticket_id, marker)
        )
        return next(found, None)


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, HundredthsDesk(replace(SEPARATE, time_unit_seconds=36)))


async def compared(
    office: Office, session_id: uuid.UUID | None = None, since: datetime | None = None
) -> list[Comparison]:
    async with office.database.read(office.company.id) as db:
        steps = await posted_steps(db, office.company.id, office.connection_id, session_id, since)
    return await compare(office.desk, steps)


async def verdicts(office: Office) -> list[Verdict]:
    return [one.verdict for one in await compared(office)]


async def test_what_is_there_is_equal(office: Office) -> None:
    await office.post(worked(office.engineer, 30))
    await office.turn()
    assert await verdicts(office) == [Verdict.EQUAL, Verdict.EQUAL]


async def test_minutes_that_differ_by_less_than_the_unit_are_no_difference(office: Office) -> None:
    await office.post(worked(office.engineer, 17))
    await office.turn()
    (_, time) = await compared(office)
    assert (time.verdict, time.is_difference) == (Verdict.ROUNDED, False)
    assert time.booked_minutes == pytest.approx(16.8)


async def test_other_minutes_and_a_missing_note_are_differences(office: Office) -> None:
    await office.post(worked(office.engineer, 30))
    await office.turn()
    (_, (ticket, booked)) = office.desk.records
    assert booked.time is not None
    office.desk.records = [(ticket, replace(booked, time=replace(booked.time, minutes=25)))]
    assert await verdicts(office) == [Verdict.MISSING, Verdict.DIFFERENT]


async def test_what_was_sent_and_not_seen_yet_is_no_difference(office: Office) -> None:
    office.desk.planned.append("vanish")
    await office.post()
    await office.turn()
    (note,) = await compared(office)
    assert (note.verdict, note.is_difference) == (Verdict.UNSURE, False)


async def test_a_deleted_ticket_is_a_difference(office: Office) -> None:
    await office.post()
    await office.turn()
    office.desk.tickets["4711"] = replace(office.desk.tickets["4711"], is_deleted=True)
    assert await verdicts(office) == [Verdict.NO_TICKET]


async def test_what_waits_is_not_compared_and_another_session_is_left_out(office: Office) -> None:
    await office.post()
    assert await verdicts(office) == []
    await office.turn()
    assert len(await compared(office, office.session_id)) == 1
    assert await compared(office, uuid.uuid4()) == []


async def test_what_was_written_before_a_merge_is_found_by_its_own_number(office: Office) -> None:
    await office.post()
    await office.turn()
    office.desk.tickets["4712"] = replace(office.desk.tickets["4711"], id="4712")
    office.desk.merged["4711"] = "4712"
    assert await verdicts(office) == [Verdict.EQUAL]


async def test_an_answer_that_cannot_be_read_leaves_the_others_compared(office: Office) -> None:
    office.desk.tickets["odd"] = replace(office.desk.tickets["4711"], id="odd")
    await office.post(ticket_id="odd")
    await office.post()
    await office.turn()
    office.company.query("UPDATE psa_posting_steps SET state = 'confirmed' RETURNING 1")
    unreadable, equal = await compared(office)
    assert (unreadable.verdict, equal.verdict) == (Verdict.UNREADABLE, Verdict.EQUAL)
    assert (unreadable.is_difference, unreadable.is_settled, equal.is_settled) == (False, False, True)


async def test_what_was_sent_earlier_is_left_out(office: Office) -> None:
    await office.post()
    await office.turn()
    assert len(await compared(office, since=now() - timedelta(hours=1))) == 1
    assert await compared(office, since=now() + timedelta(hours=1)) == []
