"""A ticket that the system cannot show holds up nothing but its own posting."""

from dataclasses import replace

import pytest

from flowpilot.db.session import Database
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, Office, open_office

pytestmark = pytest.mark.anyio

HEALTH = "SELECT failures, trouble FROM psa_connections"


@pytest.fixture
async def office(company: Company, database: Database) -> Office:
    office = await open_office(company, database, MemoryDesk())
    office.desk.tickets["666"] = replace(office.desk.tickets["4711"], id="666")
    return office


async def test_a_ticket_that_cannot_be_read_waits_alone_and_says_so(office: Office) -> None:
    office.desk.broken = "666"
    broken, well = await office.post(ticket_id="666"), await office.post()
    assert await office.turn() is not None
    assert (office.states(broken), office.states(well)) == (["queued"] * 2, ["confirmed"] * 2)
    assert office.reason(broken) == (
        "It answered 500. Other tickets can be read, so this one is tried again later."
    )
    assert office.company.query(HEALTH) == [(0, None)]
    office.desk.broken = None
    office.let_time_pass()
    await office.turn()
    assert office.states(broken) == ["confirmed"] * 2


async def test_a_ticket_on_which_nothing_can_be_looked_up_waits_alone(office: Office) -> None:
    office.desk.planned.append("lost")
    broken = await office.post(ticket_id="666")
    await office.turn()
    office.let_time_pass()
    read = office.desk.read_ticket
    office.desk.broken = "666"
    office.desk.read_ticket = lambda ticket_id: read("4711")  # type: ignore[method-assign]
    well = await office.post()
    await office.turn()
    assert (office.states(broken), office.states(well)) == (["queued"] * 2, ["confirmed"] * 2)
    assert "It answered 500." in office.reason(broken)
    assert office.company.query(HEALTH) == [(0, None)]


async def test_a_ticket_that_takes_nothing_goes_behind_the_others(office: Office) -> None:
    office.desk.planned.append("down")
    broken, well = await office.post(ticket_id="666"), await office.post()
    await office.turn()
    office.desk.planned.extend(["", "down"])
    await office.turn()
    assert (office.states(broken), office.states(well)) == (["queued"] * 2, ["confirmed"] * 2)
