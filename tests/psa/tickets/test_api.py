"""Tickets are found and read within seconds, and nobody else waits for the ticket system meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.psa.provider import Ticket
from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect

TICKETS = "/api/v1/psa/tickets"
PRINTER = {
    "id": "4711",
    "url": "https://desk.example/t/4711",
    "summary": "Printer offline",
    "client": "Alpen",
    "client_id": "77",
}
SHOWN = {
    "id": "4711",
    "url": "https://desk.example/t/4711",
    "summary": "Printer offline",
    "client": "Alpen",
    "client_id": "77",
    "contact": None,
    "board": None,
    "status": None,
    "is_closed": False,
    "updated_at": None,
}


@pytest.fixture
def path(connect: Connect, desk: Desk) -> str:
    desk.shows["tickets"] = [PRINTER, {"id": "4712", "url": None, "summary": "VPN is slow"}]
    desk.shows["notes"] = [{"author": "Alex", "text": "Called back.", "is_internal": True, "created_at": None}]
    return f"{CONNECTIONS}/{connect()['id']}"


def _get(client: TestClient, company: Company, path: str, role: Role = Role.ENGINEER) -> Any:
    return client.get(path, headers=company.headers(role))


@pytest.mark.usefixtures("path")
def test_a_search_finds_words(open_client: TestClient, company: Company) -> None:
    found = _get(open_client, company, f"{TICKETS}?q=printer")
    assert found.json() == {"items": [SHOWN], "next_cursor": None}


@pytest.mark.usefixtures("path")
def test_a_ticket_is_read(open_client: TestClient, company: Company) -> None:
    assert _get(open_client, company, f"{TICKETS}/4711").json() == SHOWN
    absent = _get(open_client, company, f"{TICKETS}/99")
    assert (absent.status_code, "no ticket 99" in absent.json()["detail"]) == (404, True)


@pytest.mark.usefixtures("path")
def test_a_number_may_be_written_with_a_hash(open_client: TestClient, company: Company, desk: Desk) -> None:
    assert _get(open_client, company, f"{TICKETS}/%234711").json() == SHOWN
    assert _get(open_client, company, f"{TICKETS}/%234711/context").json()["id"] == "4711"
    _get(open_client, company, f"{TICKETS}?q=%234711")
    assert desk.asked[-1] == "/tickets?q=4711&member="


@pytest.mark.parametrize(
    ("asked", "is_merged"),
    [("4711", False), ("004711", False), ("#4711", False), ("t26.0042", False), ("12", True)],
)
def test_a_ticket_is_merged_if_another_one_was_asked_for(asked: str, is_merged: bool) -> None:
    ticket = Ticket("4711", None, "Printer offline", number="T26.0042")
    assert ticket.is_called(asked) is not is_merged


@pytest.mark.usefixtures("path")
def test_a_ticket_comes_with_its_last_notes_which_are_asked_for_once_a_minute(
    open_client: TestClient, company: Company, desk: Desk
) -> None:
    first = _get(open_client, company, f"{TICKETS}/4711/context").json()
    asked = list(desk.asked)
    assert [note["text"] for note in first["notes"]] == ["Called back."]
    assert {name: first[name] for name in SHOWN} == SHOWN
    assert _get(open_client, company, f"{TICKETS}/4711/context").json() == first
    assert desk.asked == asked


def test_somebodys_own_tickets_are_those_of_their_member(
    open_client: TestClient, company: Company, desk: Desk, path: str
) -> None:
    refused = _get(open_client, company, f"{TICKETS}?mine=true")
    assert (refused.status_code, "mapped to you" in refused.json()["detail"]) == (409, True)
    desk.shows["members"] = [{"id": "7", "name": "Alex"}]
    open_client.post(f"{path}/check", headers=company.headers())
    body = {"user_id": str(company.users[Role.ENGINEER])}
    open_client.put("/api/v1/psa/members/7", json=body, headers=company.headers())
    assert _get(open_client, company, f"{TICKETS}?mine=true").status_code == 200
    assert desk.asked[-1] == "/tickets?q=&member=7"


@pytest.mark.usefixtures("path")
def test_tickets_are_for_those_who_may_work(open_client: TestClient, company: Company) -> None:
    for path in (TICKETS, f"{TICKETS}/4711", f"{TICKETS}/4711/context"):
        assert _get(open_client, company, path, Role.VIEWER).status_code == 403
        assert open_client.get(path).status_code == 401


@pytest.mark.usefixtures("path")
def test_a_neighbour_sees_none_of_them(open_client: TestClient, neighbour: Company) -> None:
    answer = _get(open_client, neighbour, TICKETS)
    assert (answer.status_code, "not connected" in answer.json()["detail"]) == (404, True)


@pytest.mark.usefixtures("path")
def test_a_ticket_system_that_hangs_holds_up_nobody(open_client: TestClient, company: Company, desk: Desk) -> None:
    """More callers wait for it than the server has connections to its database, until it breaks off."""
    desk.hangs = True
    with ThreadPoolExecutor(12) as callers:
        waiting = [callers.submit(_get, open_client, company, TICKETS) for _ in range(12)]
        assert _get(open_client, company, "/api/v1/ai-sessions").status_code == 200
        assert not any(one.done() for one in waiting)
        desk.stopped.set()
        assert {one.result().status_code for one in waiting} == {503}


def test_a_key_that_only_asks_for_tickets_has_a_last_use(
    open_client: TestClient, company: Company, path: str
) -> None:
    used = "SELECT count(*) FROM api_keys WHERE last_used_at IS NOT NULL AND role = 'engineer'"
    assert company.query(used) == [(0,)]
    _get(open_client, company, TICKETS)
    assert company.query(used) == [(1,)]
