"""What people do while a posting is on its way: their word counts up to the moment at which it is sent."""

import uuid
from dataclasses import replace

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.hooks import Changed
from flowpilot.psa.postings import health, policy, queries, relinking
from flowpilot.psa.postings.sending import due
from flowpilot.psa.provider import Audience
from flowpilot.psa.rules.models import default_rules
from flowpilot.psa.rules.queries import connection_and_rules
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


def _say(office: Office, change: str) -> None:
    office.company.query(f"UPDATE {change} RETURNING 1")


async def _relink(office: Office, ticket: str | None) -> None:
    async with office.database.write(office.company.id) as db:
        await relinking.relink(db, office.company.id, office.session_id, ticket, now())


def _row(office: Office, posting: uuid.UUID, columns: str) -> tuple[object, ...]:
    return office.company.query(f"SELECT {columns} FROM psa_postings WHERE id = %s", posting)[0]


async def test_nothing_goes_to_a_ticket_that_the_session_has_left_meanwhile(office: Office) -> None:
    office.desk.tickets["4712"] = replace(office.desk.tickets["4711"], id="4712")
    office.desk.meanwhile = lambda: _say(office, "psa_postings SET ticket_id = '4712'")
    posting = await office.post(worked(office.engineer))
    await office.turn()
    assert (office.desk.records_of("4711"), len(office.desk.records_of("4712"))) == ([], 2)
    assert office.states(posting) == ["confirmed"] * 3


async def test_a_correction_that_was_accepted_is_what_goes(office: Office) -> None:
    office.desk.meanwhile = lambda: _say(office, "psa_postings SET text = 'Corrected.'")
    await office.post()
    await office.turn()
    assert [record.text for record in office.desk.records_of("4711")] == ["Corrected."]


@pytest.mark.parametrize("change", ["paused_at = now(), pause_kind = 'by_hand'", "removed_at = now()"])
async def test_nothing_more_goes_over_a_connection_that_was_stopped(office: Office, change: str) -> None:
    office.desk.meanwhile = lambda: _say(office, f"psa_connections SET {change}")
    posting = await office.post(worked(office.engineer))
    await office.turn()
    assert (office.states(posting), office.desk.records) == (["queued"] * 3, [])


async def test_time_goes_on_once_its_person_is_matched(office: Office) -> None:
    members = {**office.members}
    office.members.clear()
    posting = await office.post(worked(office.engineer))
    await office.turn()
    for known, waits in ((set(), True), ({office.senior}, True), ({office.engineer}, False)):
        async with office.database.write(office.company.id) as db:
            await due.wake_matched(db, office.company.id, office.connection_id, known, now())
        assert _row(office, posting, "due_at IS NULL") == (waits,)
    office.members.update(members)
    await office.turn()
    assert office.states(posting) == ["confirmed"] * 3


async def test_what_still_waits_for_its_person_asks_the_ticket_system_nothing(office: Office) -> None:
    office.members.clear()
    waiting = await office.post(worked(office.engineer), text=None)
    async with office.database.write(office.company.id) as db:
        await health.go_on(db, Changed(office.company.id, office.connection_id, "Desk", now()))
    await office.turn()
    assert (office.desk.reads, office.states(waiting)) == (0, ["queued"] * 2)
    assert "not matched" in office.reason(waiting)


async def test_a_held_posting_is_held_again_when_its_session_has_a_ticket_again(office: Office) -> None:
    rules = default_rules(office.company.id)
    rules.waits_for_person = True
    office.company.query(
        "INSERT INTO psa_rules (account_id, waits_for_person) VALUES (%s, true) RETURNING 1", office.company.id
    )
    posting = await office.post(rules=rules)
    await _relink(office, None)
    await _relink(office, "4712")
    assert _row(office, posting, "state, due_at, ticket_id, is_unlinked") == ("held", None, "4712", False)


async def test_what_failed_before_anything_was_sent_follows_to_another_ticket(office: Office) -> None:
    del office.desk.tickets["4711"]
    posting = await office.post()
    await office.turn()
    assert office.states(posting) == ["failed", "failed"]
    await _relink(office, "4712")
    assert office.states(posting) == ["queued", "queued"]
    assert _row(office, posting, "ticket_id, ended_at") == ("4712", None)
    assert office.company.query("SELECT status, posted_at FROM psa_post_logs") == [("pending", None)]


async def test_a_text_for_a_client_is_read_again_before_it_goes_to_another_ticket(office: Office) -> None:
    posting = await office.post(audience=Audience.CLIENT)
    await _relink(office, "4712")
    state, reason = _row(office, posting, "state, reason")
    assert state == "held"
    assert "Read the text again" in str(reason)


async def test_a_session_that_goes_on_keeps_the_status_of_its_ticket(office: Office) -> None:
    posting = await office.post(sets_status=True)
    async with office.database.write(office.company.id) as db:
        await relinking.cancel_status(db, office.company.id, office.session_id, now())
    await office.turn()
    assert office.states(posting)[1:] == ["confirmed", "abandoned"]
    assert office.desk.statuses == {}


async def test_what_is_abandoned_while_it_is_refused_stays_abandoned(office: Office) -> None:
    office.desk.planned.append("refuse")
    write = office.desk.write

    async def abandoned_meanwhile(*request: object) -> object:
        _say(office, "psa_posting_steps SET state = 'abandoned'")
        _say(office, "psa_postings SET state = 'abandoned'")
        return await write(*request)  # type: ignore[arg-type]

    office.desk.write = abandoned_meanwhile  # type: ignore[method-assign, assignment]
    posting = await office.post()
    await office.turn()
    assert office.states(posting) == ["abandoned", "abandoned"]


async def test_without_a_ticket_nothing_can_be_sent(office: Office) -> None:
    posting = await office.post()
    await _relink(office, None)
    async with office.database.read(office.company.id) as db:
        loaded = await queries.posting(db, office.actor, posting)
        connections = await queries.connections_of(db, office.company.id)
    assert loaded is not None
    offered = policy.allowed(loaded.posting, loaded.steps, connections)
    assert policy.PostingAction.SEND not in offered
    assert policy.PostingAction.ABANDON in offered


async def test_a_rest_that_the_ticket_system_asked_for_is_not_ended_by_hand(office: Office) -> None:
    both = "rests_until = now() + interval '1 hour', backs_off_until = now() + interval '2 hours'"
    _say(office, f"psa_connections SET {both}")
    async with office.database.write(office.company.id) as db:
        connection, _ = await connection_and_rules(db, office.company.id)
        assert connection is not None
        await health.end_rest(db, connection)
    rests = "SELECT rests_until IS NULL, backs_off_until IS NULL FROM psa_connections"
    assert office.company.query(rests) == [(False, True)]
