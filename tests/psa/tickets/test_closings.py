"""When a ticket was last closed is known if somebody saw it closed, or if a posting has set its status."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.psa.tickets import reading
from flowpilot.psa.tickets.recent import Recent
from tests.company import Company, at
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect

CONTEXT = "/api/v1/psa/tickets/4711/context"
PRINTER = {"id": "4711", "url": None, "summary": "Printer offline", "status": "New", "status_id": "new"}
CLOSED = {**PRINTER, "status": "Closed", "status_id": "closed", "is_closed": True}
NOON = at("2026-06-15 12:00")


@pytest.fixture
def nothing_recent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is asked of the ticket system."""
    monkeypatch.setattr(reading, "_RECENT", Recent(timedelta(0), most=1))


@pytest.fixture
def connection_id(connect: Connect, desk: Desk) -> str:
    """A connection to a desk with one open ticket."""
    desk.shows["tickets"] = [PRINTER]
    return str(connect()["id"])


def _context(client: TestClient, company: Company) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(CONTEXT, headers=company.headers()).json()
    return answer


def _set_status(company: Company, connection_id: str, status_id: str, confirmed_at: datetime | None) -> None:
    session = company.add("ai_sessions", psa_ticket_id="4711")
    posting = company.add(
        "psa_postings",
        connection_id=connection_id,
        ai_session_id=session,
        ticket_id="4711",
        audience="internal",
        occasion="resolved",
        state="confirmed" if confirmed_at else "queued",
    )
    company.add(
        "psa_posting_steps",
        posting_id=posting,
        position=1,
        kind="status",
        marker="m",
        state="confirmed" if confirmed_at else "queued",
        external_id=status_id,
        confirmed_at=confirmed_at,
    )


@pytest.mark.usefixtures("nothing_recent", "connection_id")
def test_a_ticket_that_was_seen_closed_is_known_to_have_been(
    open_client: TestClient, company: Company, desk: Desk
) -> None:
    assert _context(open_client, company)["last_closed_at"] is None
    desk.shows["tickets"] = [CLOSED]
    seen = _context(open_client, company)
    desk.shows["tickets"] = [PRINTER]
    again = _context(open_client, company)
    assert (seen["is_closed"], again["is_closed"]) == (True, False)
    assert again["last_closed_at"] == seen["last_closed_at"] is not None


@pytest.mark.usefixtures("nothing_recent")
@pytest.mark.parametrize(
    ("set_to", "confirmed_at", "known"),
    [
        pytest.param("closed", NOON, "2026-06-15T12:00:00Z", id="another status by now"),
        pytest.param("new", NOON, None, id="the status that it still has"),
        pytest.param("closed", None, None, id="not confirmed"),
    ],
)
def test_a_status_that_a_posting_has_set_counts(
    open_client: TestClient,
    company: Company,
    connection_id: str,
    set_to: str,
    confirmed_at: datetime | None,
    known: str | None,
) -> None:
    _set_status(company, connection_id, set_to, confirmed_at)
    assert _context(open_client, company)["last_closed_at"] == known


def test_what_was_read_before_a_posting_set_the_status_is_read_again(
    open_client: TestClient, company: Company, desk: Desk, connection_id: str
) -> None:
    assert _context(open_client, company)["is_closed"] is False
    desk.shows["tickets"] = [CLOSED]
    assert _context(open_client, company)["is_closed"] is False
    company_now = company.query("SELECT now()")[0][0]
    _set_status(company, connection_id, "closed", company_now)
    assert _context(open_client, company)["is_closed"] is True
