"""What a step says of itself while it waits, so that somebody can act on it; and nothing once it has gone on."""

import uuid

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings.sending import due
from flowpilot.psa.provider import ProviderError, Ticket
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio

WAITS = "The time of Kim waits: they are not matched with a member of the ticket system. See Settings."


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


def _reasons(office: Office, posting: uuid.UUID) -> list[str | None]:
    """The reason of the posting, and those of its steps."""
    (of_all,) = office.company.query("SELECT reason FROM psa_postings WHERE id = %s", posting)[0]
    query = "SELECT reason FROM psa_posting_steps WHERE posting_id = %s ORDER BY position"
    return [of_all, *(reason for (reason,) in office.company.query(query, posting))]


async def _match(office: Office) -> None:
    office.members[office.senior] = "kim"
    async with office.database.write(office.company.id) as db:
        await due.wake_matched(db, office.company.id, office.connection_id, office.members.keys(), now())


async def test_a_step_whose_person_is_not_matched_says_so_until_it_goes_on(office: Office) -> None:
    del office.members[office.senior]
    posting = await office.post(worked(office.engineer), worked(office.senior))
    await office.turn()
    assert _reasons(office, posting) == [WAITS, None, None, WAITS]
    await _match(office)
    await office.turn()
    assert (office.states(posting), _reasons(office, posting)) == (["confirmed"] * 4, [None] * 4)


async def test_once_the_person_is_matched_it_is_not_said_while_the_ticket_system_is_down(office: Office) -> None:
    del office.members[office.senior]
    posting = await office.post(worked(office.senior))
    await office.turn()
    office.desk.is_down = True
    await _match(office)
    await office.turn()
    assert (office.states(posting), _reasons(office, posting)) == (["queued", "confirmed", "queued"], [None] * 3)


async def test_the_time_of_a_former_member_says_that_it_cannot_be_booked(office: Office) -> None:
    posting = await office.post(worked(uuid.uuid4()))
    await office.turn()
    reason = _reasons(office, posting)[2]
    assert reason is not None
    assert reason.endswith("Book it in the ticket system by hand, then give this posting up.")


async def test_what_has_arrived_says_nothing_of_the_attempts_before(office: Office) -> None:
    office.desk.planned.append("later")
    posting = await office.post()
    await office.turn()
    assert _reasons(office, posting) == ["Somebody is editing this ticket."] * 2
    office.let_time_pass()
    await office.turn()
    assert (office.states(posting), _reasons(office, posting)) == (["confirmed"] * 2, [None] * 2)


async def test_what_could_not_be_read_for_a_while_is_not_said_of_what_has_arrived(office: Office) -> None:
    read = office.desk.read_ticket

    async def odd(ticket_id: str) -> Ticket:
        raise ProviderError("The answer cannot be read.")

    office.desk.read_ticket = odd  # type: ignore[method-assign]
    posting = await office.post(worked(office.engineer))
    await office.turn()
    assert _reasons(office, posting) == ["The answer cannot be read."] * 3
    office.desk.read_ticket = read  # type: ignore[method-assign]
    office.let_time_pass()
    await office.turn()
    assert (office.states(posting), _reasons(office, posting)) == (["confirmed"] * 3, [None] * 3)
