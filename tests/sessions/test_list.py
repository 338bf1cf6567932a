"""The list of sessions: its fields, its order, and its pages."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, start
from tests.sessions.search.helpers import make_findable


def _add(company: Company, minute: int, summary: str = "", **values: Any) -> str:
    row = {"problem_summary": summary, "created_at": at(f"2026-06-15 12:{minute:02}"), "step_count": 0, **values}
    return str(company.add("ai_sessions", **row))


def _page(client: TestClient, company: Company, role: Role = Role.VIEWER, **wanted: Any) -> dict[str, Any]:
    answer = client.get(SESSIONS, headers=company.headers(role), params=wanted)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def _ids(client: TestClient, company: Company, role: Role = Role.VIEWER, **wanted: Any) -> list[str]:
    return [row["id"] for row in _page(client, company, role, **wanted)["items"]]


def test_the_newest_come_first_and_no_neighbours(client: TestClient, company: Company, neighbour: Company) -> None:
    _add(neighbour, 30)
    middle, newest, oldest = _add(company, 20), _add(company, 59), _add(company, 10)
    assert _ids(client, company) == [newest, middle, oldest]


def test_a_row_says_what_a_session_is_about(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    session = start(client, company, psa_ticket_id="T-1", client_name="Example Client Ltd")
    page = _page(client, company)
    assert page["next_cursor"] is None
    [row] = page["items"]
    assert row.pop("found_in") is None
    assert row.items() <= session.items()
    assert sorted(row) == [
        "client",
        "client_name",
        "confidence",
        "confidence_tier",
        "created_at",
        "fix_applied_at",
        "flow_name",
        "id",
        "last_activity_at",
        "look_again_at",
        "matched_flow_id",
        "owner_id",
        "problem_domain",
        "problem_summary",
        "progress",
        "psa_ticket_id",
        "resolved_at",
        "session_rating",
        "status",
        "step_count",
        "user_id",
        "version",
        "waiting_for",
    ]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_each_session_is_on_one_page_even_if_many_began_at_once(
    client: TestClient, company: Company, limit: int
) -> None:
    # Two moments only, and ids in no order of time.
    made = [(minute, _add(company, minute, id=uuid.uuid4())) for minute in (10, 20, 10, 20, 20, 10, 10)]
    seen: list[str] = []
    cursor = None
    for _ in made:  # A page a session at most.
        page = _page(client, company, limit=limit, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= limit
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [session_id for _, session_id in sorted(made, reverse=True)]


def test_sessions_that_begin_meanwhile_are_not_mixed_into_the_next_page(
    client: TestClient, company: Company
) -> None:
    old = [_add(company, minute) for minute in (10, 20, 30)]
    page = _page(client, company, limit=2)
    _add(company, 40)
    assert _ids(client, company, limit=2, cursor=page["next_cursor"]) == [old[0]]


def test_a_filter_holds_on_the_next_page(client: TestClient, company: Company) -> None:
    paused = [_add(company, minute, status="paused") for minute in (10, 30, 50)]
    for minute in (20, 40):
        _add(company, minute)
    page = _page(client, company, limit=2, status="paused")
    assert [row["id"] for row in page["items"]] == paused[:0:-1]
    assert _ids(client, company, limit=2, status="paused", cursor=page["next_cursor"]) == paused[:1]


def test_a_cursor_of_nowhere_leads_nowhere(client: TestClient, company: Company, neighbour: Company) -> None:
    _add(company, 10)
    for cursor in (str(new_id()), _add(neighbour, 30)):
        assert _ids(client, company, cursor=cursor) == []


def test_by_status_one_or_several(client: TestClient, company: Company) -> None:
    statuses = ["active", "paused", "requesting_escalation", "escalated", "resolved", "abandoned"]
    made = {status: _add(company, minute, status=status) for minute, status in enumerate(statuses)}
    assert _ids(client, company, status="escalated") == [made["escalated"]]
    assert _ids(client, company, status=["paused", "abandoned"]) == [made["abandoned"], made["paused"]]
    assert len(_ids(client, company)) == 6


def test_mine_are_those_i_work_on(client: TestClient, company: Company) -> None:
    engineer, admin = company.users[Role.ENGINEER], company.users[Role.TEAM_ADMIN]
    begun = _add(company, 10, user_id=engineer, owner_id=engineer)
    claimed = _add(company, 20, user_id=engineer, owner_id=admin)
    imported = _add(company, 30, user_id=engineer)
    _add(company, 40)
    assert _ids(client, company, Role.ENGINEER, mine=True) == [imported, begun]
    assert _ids(client, company, Role.TEAM_ADMIN, mine=True) == [claimed]
    assert _ids(client, company, Role.VIEWER, mine=True) == []
    assert _ids(client, company, Role.VIEWER, owner_id=str(admin)) == [claimed]


def test_by_domain_whatever_the_case_and_the_blanks(client: TestClient, company: Company) -> None:
    upper, lower = _add(company, 10, problem_domain="Printing"), _add(company, 20, problem_domain="printing")
    _add(company, 30, problem_domain="printing jobs")
    _add(company, 40)
    assert _ids(client, company, domain=" PRINTING ") == [lower, upper]


def test_by_flow_and_by_ticket(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    followed = _add(company, 10, matched_flow_id=flow_id)
    linked, from_a_log = _add(company, 20, psa_ticket_id="T-1"), _add(company, 25, psa_ticket_id=" t-1")
    _add(company, 30, psa_ticket_id="T-11")
    assert _ids(client, company, flow_id=str(flow_id)) == [followed]
    for ticket in ("T-1", "t-1", " T-1\t"):
        assert _ids(client, company, ticket=ticket) == [from_a_log, linked]


def test_a_ticket_is_the_same_with_a_hash_before_it(client: TestClient, company: Company) -> None:
    written = start(client, company, psa_ticket_id=" #4711 ")
    assert written["psa_ticket_id"] == "4711"
    from_a_log = _add(company, 10, psa_ticket_id="#4711")
    for ticket in ("4711", "#4711"):
        assert sorted(_ids(client, company, ticket=ticket)) == sorted([from_a_log, written["id"]])


def test_filters_hold_together(client: TestClient, company: Company) -> None:
    wanted = _add(company, 10, "The printer", status="paused", problem_domain="printing")
    _add(company, 20, "The printer", status="active", problem_domain="printing")
    _add(company, 30, "The printer", status="paused", problem_domain="network")
    _add(company, 40, "The plotter", status="paused", problem_domain="printing")
    make_findable(company)
    assert _ids(client, company, q="printer", status="paused", domain="printing") == [wanted]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "cursor=first",
        "status=open",
        "flow_id=printer",
        "q=%00",
        "domain=%00",
        "ticket=%00",
        f"q={'q' * 201}",
        "mine=perhaps",
    ],
)
def test_a_malformed_filter_is_refused(client: TestClient, company: Company, query: str) -> None:
    assert client.get(f"{SESSIONS}?{query}", headers=company.headers()).status_code == 422


def test_a_resolved_session_is_in_the_list_as_such(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    resolved = post(client, company, f"{session_id}/resolve", summary="Solved.").json()
    [row] = _page(client, company, status="resolved")["items"]
    assert (row["resolved_at"], row["step_count"]) == (resolved["resolved_at"], 1)
