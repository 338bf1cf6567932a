"""What the posting costs those who wait for the end of a session."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from tests.company import Company
from tests.sessions.postings.connected import Connected
from tests.web.test_costs import heard

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def test_the_end_of_a_session_writes_all_of_its_posting_in_one_statement(
    desk: Connected, client: TestClient
) -> None:
    desk.connect()
    session = desk.session()
    with heard(client) as sent:
        desk.resolve(session)
    assert len([one for one in sent if "psa_posting" in one]) == 2  # What decides on it is read in one, too.


def test_while_the_ticket_system_is_down_a_posting_waits_for_the_turn_that_is_planned(desk: Connected) -> None:
    connection = desk.connect(backs_off_until=now() + HOUR, wakes_at=now() + HOUR, failures=5)
    desk.resolve(desk.session())
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE lock = %s"
    assert desk.company.query(jobs, f"psa {connection}") == [(0,)]
    desk.company.query("UPDATE psa_connections SET wakes_at = now() RETURNING 1")
    desk.resolve(desk.session())
    assert desk.company.query(jobs, f"psa {connection}") == [(1,)]
