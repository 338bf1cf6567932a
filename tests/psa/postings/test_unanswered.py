"""What becomes of a request that nobody answered: it is looked for before it is sent again."""

import contextlib

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings import record
from flowpilot.psa.postings.loaded import lock
from flowpilot.psa.provider import Outcome, PostingStepKind, Record
from tests.company import Company
from tests.psa.postings.desk import KilledError, MemoryDesk, Office, open_office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


@pytest.mark.parametrize("fault", ["lost", "kill late"])
async def test_what_was_written_without_an_answer_is_found_and_not_written_again(
    office: Office, fault: str
) -> None:
    office.desk.planned.append(fault)
    posting = await office.post()
    for _ in range(2):
        try:
            await office.turn()
        except KilledError:
            assert fault == "kill late"
    assert office.states(posting) == ["queued", "queued"], "the slowest answer could still be on its way"
    office.let_time_pass()
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed"]
    assert len(office.desk.records) == 1


async def test_what_was_not_written_is_written_once_the_slowest_answer_is_over(office: Office) -> None:
    office.desk.planned.append("dropped")
    posting = await office.post()
    await office.turn()
    assert office.desk.records == []
    office.let_time_pass()
    await office.turn()
    assert (office.states(posting), len(office.desk.records)) == (["confirmed", "confirmed"], 1)


async def test_what_is_never_answered_and_never_found_fails_after_three_tries(office: Office) -> None:
    office.desk.planned.extend(["dropped", "kill", "dropped"])
    posting = await office.post()
    for _ in range(5):
        with contextlib.suppress(KilledError):
            await office.turn()
        office.let_time_pass()
    assert office.states(posting) == ["failed", "failed"]
    assert office.company.query("SELECT attempts FROM psa_posting_steps") == [(3,)]
    assert office.reason(posting) == (
        "This was sent 3 times without a clear answer, and FlowPilot does not find it. "
        "Look at the ticket: if it is not there, try again; if it is, give this up. It did not answer."
    )
    await office.retry(posting)
    await office.turn()
    assert (office.states(posting), len(office.desk.records)) == (["confirmed", "confirmed"], 1)


async def test_a_slow_answer_is_waited_for_from_when_it_was_given_up(office: Office) -> None:
    office.desk.planned.append("dropped")
    write = office.desk.write

    async def after_a_long_wait(ticket_id: str, record: Record) -> Outcome:
        office.let_time_pass()
        return await write(ticket_id, record)

    office.desk.write = after_a_long_wait  # type: ignore[method-assign]
    posting = await office.post()
    await office.turn()
    assert office.states(posting) == ["queued", "queued"]
    assert office.company.query("SELECT attempts FROM psa_posting_steps") == [(1,)]


async def test_a_process_that_died_may_have_sent_it_just_now(office: Office) -> None:
    office.desk.planned.append("kill")
    posting = await office.post()
    with pytest.raises(KilledError):
        await office.turn()
    office.let_time_pass()
    await office.turn()
    assert (office.states(posting), office.desk.records) == (["queued", "queued"], [])
    office.let_time_pass()
    await office.turn()
    assert (office.states(posting), len(office.desk.records)) == (["confirmed", "confirmed"], 1)
    attempts = "SELECT outcome FROM psa_attempts ORDER BY id"
    assert office.company.query(attempts) == [("unknown",), ("accepted",)]


async def test_what_is_accepted_and_not_there_is_never_confirmed(office: Office) -> None:
    office.desk.planned.append("vanish")
    posting = await office.post()
    await office.turn()
    assert office.states(posting) == ["sent", "sent"]
    for _ in range(5):
        office.let_time_pass()
        await office.turn()
    assert office.states(posting) == ["failed", "failed"]
    assert "not on the ticket" in office.reason(posting)


async def test_of_two_turns_at_once_one_sends_the_request(office: Office) -> None:
    posting = await office.post()
    ids = [step_id for (step_id,) in office.company.query("SELECT id FROM psa_posting_steps ORDER BY position")]
    began = []
    for _ in range(2):
        async with office.database.write(office.company.id) as db:
            seen = (await lock(db, office.company.id, posting)).posting
            began.append(await record.begin(db, seen, ids, now()) is not None)
    assert began == [True, False]


async def test_a_look_up_says_nothing_about_a_request_that_another_turn_has_sent_since(office: Office) -> None:
    office.desk.planned.extend(["dropped", "lost"])
    await office.post()
    await office.turn()
    office.let_time_pass()
    look, turns = office.desk.find_record, [office.turn]

    async def slow_look(ticket_id: str, marker: str, kind: PostingStepKind) -> str | None:
        found = await look(ticket_id, marker, kind)
        while turns:
            await turns.pop()()
        return found

    office.desk.find_record = slow_look  # type: ignore[method-assign]
    await office.turn()
    office.let_time_pass()
    await office.turn()
    assert len(office.desk.records) == 1
