"""In whose name notes and time are written where one record holds both."""

import pytest

from flowpilot.db.session import Database
from tests.company import Company
from tests.psa.postings.desk import JOINT_FOR_ANYBODY, MemoryDesk, Office, open_office, worked

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    return await open_office(company, database, MemoryDesk(JOINT_FOR_ANYBODY))


def _written(office: Office) -> list[tuple[str | None, str | None]]:
    return [(one.text, None if one.time is None else one.time.member_id) for one in office.desk.records_of("4711")]


async def test_a_note_goes_with_the_time_of_who_wrote_it(office: Office) -> None:
    await office.post(worked(office.senior), worked(office.engineer))
    await office.turn()
    assert _written(office) == [("It was the fuse.", "alex"), (None, "kim")]


async def test_a_note_is_not_written_in_the_name_of_somebody_else(office: Office) -> None:
    await office.post(worked(office.senior))
    await office.turn()
    assert _written(office) == [("It was the fuse.", None), (None, "kim")]


async def test_time_that_was_not_taken_waits_if_its_person_is_not_matched_any_more(office: Office) -> None:
    office.desk.planned.append("later")
    posting = await office.post(worked(office.engineer))
    await office.turn()
    office.let_time_pass()
    alex = office.members.pop(office.engineer)
    await office.turn()
    assert (office.states(posting), _written(office)) == (["queued"] * 3, [])
    office.members[office.engineer] = alex
    await office.retry(posting)
    await office.turn()
    assert (office.states(posting), _written(office)) == (["confirmed"] * 3, [("It was the fuse.", "alex")])
