"""A record that is there and wrong is for a person: no "try all again" makes a success of the warning."""

import pytest

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.postings import retrying
from flowpilot.psa.postings.queries import PostingFilter
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, open_office

pytestmark = pytest.mark.anyio


async def test_a_warning_about_a_leak_stays_until_a_person_has_dealt_with_it(
    company: Company, database: Database
) -> None:
    office = await open_office(company, database, MemoryDesk())
    office.desk.planned.extend(["leak", "refuse"])
    leaked, refused = await office.post(), await office.post()
    await office.turn()
    async with database.write(company.id) as db:
        assert await retrying.count_retryable(db, company.id, PostingFilter()) == 1
        assert (await retrying.retry_all(db, company.id, PostingFilter(), now())).n == 1
    await office.turn()
    assert (office.states(leaked), office.states(refused)) == (["failed"] * 2, ["confirmed"] * 2)
    assert office.reason(leaked) == "It is stored for everybody. Correct that there, at once."
    await office.retry(leaked)
    assert office.states(leaked) == ["queued"] * 2
