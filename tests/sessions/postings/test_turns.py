"""When the end of a session asks for a turn of its connection, and when one is on its way."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from tests.company import Company
from tests.sessions.postings.connected import Connected

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def test_while_the_ticket_system_is_down_a_posting_waits_for_the_turn_that_is_planned(desk: Connected) -> None:
    connection = desk.connect(backs_off_until=now() + HOUR, wakes_at=now() + HOUR, failures=5)
    desk.resolve(desk.session())
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE lock = %s"
    assert desk.company.query(jobs, f"psa {connection}") == [(0,)]
    desk.company.query("UPDATE psa_connections SET wakes_at = now() RETURNING 1")
    desk.resolve(desk.session())
    assert desk.company.query(jobs, f"psa {connection}") == [(1,)]
