"""When a ticket's status is set, left out, and never set by something older than what was said last."""

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings import relinking
from flowpilot.psa.rules.models import default_rules
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk())


async def _goes_on(office: Office) -> None:
    async with office.database.write(office.company.id) as db:
        await relinking.cancel_status(db, office.company.id, office.session_id, now())


async def test_a_held_posting_of_which_nothing_is_left_has_ended(office: Office) -> None:
    rules = default_rules(office.company.id)
    rules.hold_minutes = 10
    posting = await office.post(rules=rules, text=None, sets_status=True)
    await _goes_on(office)
    assert office.states(posting) == ["abandoned", "abandoned"]
    assert office.company.query("SELECT ended_at IS NULL FROM psa_postings") == [(False,)]


async def test_a_posting_of_which_nothing_is_left_holds_up_no_other(office: Office) -> None:
    empty = await office.post(text=None, sets_status=True)
    office.company.query("UPDATE psa_posting_steps SET state = 'abandoned' RETURNING 1")
    other = await office.post()
    assert await office.turn() is None
    assert [office.states(one)[0] for one in (empty, other)] == ["abandoned", "confirmed"]


async def test_what_arrived_without_its_status_has_arrived(office: Office) -> None:
    posting = await office.post(sets_status=True)
    await _goes_on(office)
    await office.turn()
    assert office.states(posting) == ["confirmed", "confirmed", "abandoned"]
