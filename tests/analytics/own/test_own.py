"""One's own figures: one's own cases and handoffs, and nobody else's."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company

ME = "/api/v1/analytics/me"
WINDOW = {"from": "2026-01-01", "to": "2026-02-01"}


def _live_through(company: Company, engineer: Role, senior: Role) -> None:
    user, other = company.users[engineer], company.users[senior]
    for day, row in (
        ("02", {"status": "resolved", "resolved_at": "2026-01-02 09:00Z"}),
        ("03", {"status": "resolved", "resolved_at": "2026-01-03 11:00Z"}),
        ("04", {"status": "abandoned", "last_activity_at": "2026-01-04 10:00Z"}),
        ("05", {"status": "escalated"}),
        ("06", {"status": "active"}),
        ("07", {"status": "resolved"}),  # Imported, at an unknown time.
    ):
        session = company.add("ai_sessions", user_id=user, created_at=f"2026-01-{day} 08:00Z", **row)
    claim = {"claimed_at": "2026-01-05 08:10Z", "claimed_by": other, "claimant_action_at": "2026-01-05 08:15Z"}
    end = {"closed_at": "2026-01-05 08:20Z", "outcome": "sent_back"}
    for more in (claim | end, {}):
        company.add(
            "session_handoffs", session_id=session, created_by=user, created_at="2026-01-05 08:00Z", **more
        )


def _figures(client: TestClient, company: Company, role: Role, **asked: str) -> Any:
    answer = client.get(ME, params=WINDOW | asked, headers=company.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_everybody_sees_their_own(client: TestClient, company: Company, neighbour: Company) -> None:
    _live_through(company, Role.ENGINEER, Role.TEAM_ADMIN)
    _live_through(neighbour, Role.ENGINEER, Role.ENGINEER)
    mine = _figures(client, company, Role.ENGINEER)
    names = ("n_sessions", "n_resolved", "n_escalated", "n_abandoned", "n_open")
    assert [mine[name] for name in names] == [6, 3, 1, 1, 1]
    assert (mine["resolved_share"]["value"], mine["resolved_share"]["n"]) == (0.5, 6)
    wait = mine["time_to_resolution"]
    assert (wait["n"], wait["n_censored"], wait["n_unknown"], wait["median"]) == (5, 3, 1, None)
    assert (mine["n_handoffs_sent"], mine["returned_share"]["value"], mine["n_handoffs_claimed"]) == (2, 0.5, 0)
    assert (mine["time_to_claim"]["n"], mine["time_to_claim"]["n_censored"]) == (2, 1)
    senior = _figures(client, company, Role.TEAM_ADMIN)
    assert (senior["n_sessions"], senior["n_handoffs_sent"], senior["n_handoffs_claimed"]) == (0, 0, 1)
    assert senior["time_to_first_action"]["median"] == 300.0
    assert _figures(client, company, Role.OWNER)["n_handoffs_claimed"] == 0


def test_another_person_cannot_be_asked_for(client: TestClient, company: Company) -> None:
    _live_through(company, Role.ENGINEER, Role.TEAM_ADMIN)
    engineer = str(company.users[Role.ENGINEER])
    assert _figures(client, company, Role.OWNER, person_id=engineer)["n_sessions"] == 0
    refused = client.get(ME, params={"person_id": engineer}, headers=company.headers(Role.ENGINEER))
    assert refused.status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_who_may_call(client: TestClient, company: Company, role: Role) -> None:
    answer = client.get(ME, headers=company.headers(role))
    assert answer.status_code == (403 if role is Role.VIEWER else 200)
