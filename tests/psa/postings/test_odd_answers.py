"""A ticket that cannot be read holds up nobody else's."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect
from tests.sessions.postings.connected import Connected

pytestmark = pytest.mark.anyio


async def test_a_ticket_that_cannot_be_read_holds_up_no_other(
    open_client: TestClient,
    open_settings: Settings,
    company: Company,
    desk: Desk,
    connect: Connect,
    urls: DatabaseUrls,
    database: Database,
) -> None:
    connect()
    desk.shows["tickets"] = [{"id": "17"}, {"id": "18", "url": None, "summary": "Printer"}]
    people = Connected(open_client, company)
    odd, other = (people.session(psa_ticket_id=ticket) for ticket in ("17", "18"))
    for session in (odd, other):
        people.resolve(session)
    await work(open_settings, urls.runtime, database, until_idle=True)
    (posting,), (written,) = people.postings(odd), people.postings(other)
    assert [step["state"] for step in posting["steps"]] == ["queued", "queued"]
    assert "gave an answer that FlowPilot cannot read" in posting["reason"]
    assert written["steps"][0]["state"] == "confirmed"
