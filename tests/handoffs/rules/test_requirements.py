"""What must be there when a session is escalated: warned of, refused, or not asked for."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.handoffs.models import Priority
from flowpilot.handoffs.rules.requirements import Effect, EscalationRules, Requirement
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import check_laws, done, hand_over, send_escalation
from tests.sessions.flows import start

ASKS_NOTHING: dict[str, Any] = {"missing": [], "effects": {}, "flow": None, "before": None}
SETTINGS = "/api/v1/escalation-settings"
REASONS = ["A missing right", "Missing knowledge", "It needs a specialist", "The vendor", "Other"]


def ask(client: TestClient, company: Company, **rules: dict[str, str]) -> dict[str, Any]:
    return done(client.put(SETTINGS, headers=company.headers(), json={"rules": rules}))


def test_nothing_is_asked_by_default(client: TestClient, company: Company) -> None:
    read = client.get(SETTINGS, headers=company.headers(Role.VIEWER))
    assert done(read) == {"rules": {}, "avoidable_reasons": REASONS}
    handoff = hand_over(client, company)
    assert handoff["lacks"] == []
    path = f"/api/v1/ai-sessions/{handoff['session_id']}/requirements"
    assert done(client.get(path, headers=company.headers())) == ASKS_NOTHING


def test_what_blocks_is_named_and_nothing_is_written(client: TestClient, company: Company) -> None:
    ask(client, company, normal={"client": "block", "ticket": "warn", "tried": "block", "opinion": "block"})
    session_id = start(client, company)["id"]
    refused = send_escalation(client, company, session_id, note="The fuse, I think.")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:incomplete-escalation")
    assert refused.json()["missing"] == ["client", "tried"]
    assert "name the client, say what was tried" in refused.json()["detail"]
    assert company.query("SELECT status FROM ai_sessions") == [("active",)]
    assert company.query("SELECT count(*) FROM session_handoffs") == [(0,)]
    check_laws(company)


def test_it_is_accepted_once_it_is_there(client: TestClient, company: Company) -> None:
    ask(client, company, normal={"client": "block", "ticket": "warn", "tried": "block"})
    session_id = start(client, company)["id"]
    engineer = company.headers(Role.ENGINEER)
    done(client.patch(f"/api/v1/ai-sessions/{session_id}", headers=engineer, json={"client_name": "Acme"}))
    made = send_escalation(client, company, session_id, tried="Turned it off and on.")
    assert (made.status_code, made.json()["lacks"]) == (201, ["ticket"])
    assert made.json()["snapshot"]["tried"] == [{"note": "Turned it off and on."}]
    assert "Nothing was tried yet." not in made.json()["snapshot"]["missing"]


def test_each_priority_has_its_own_rules(client: TestClient, company: Company) -> None:
    ask(client, company, high={"client": "block"}, urgent={"client": "warn"})
    session_id = start(client, company)["id"]
    path = f"/api/v1/ai-sessions/{session_id}/requirements"
    assert done(client.get(path, headers=company.headers(Role.ENGINEER))) == {
        **ASKS_NOTHING,
        "missing": ["client", "ticket", "tried", "opinion"],
        "effects": {"urgent": {"client": "warn"}, "high": {"client": "block"}},
    }
    assert send_escalation(client, company, session_id, priority="high").status_code == 409
    assert send_escalation(client, company, session_id, priority="urgent").json()["lacks"] == ["client"]


def test_an_urgent_one_is_never_blocked(client: TestClient, company: Company) -> None:
    body = {"rules": {"urgent": {"client": "block"}}}
    refused = client.put(SETTINGS, headers=company.headers(), json=body)
    assert refused.status_code == 422
    assert "an urgent escalation is never blocked" in refused.json()["detail"].lower()


def test_even_a_rule_that_blocks_only_marks_what_is_urgent() -> None:
    asked = EscalationRules({Priority.URGENT: {Requirement.CLIENT: Effect.BLOCK}})
    assert asked.effects(Priority.URGENT, [Requirement.CLIENT]) == {Requirement.CLIENT: Effect.WARN}


@pytest.mark.parametrize(
    "body",
    [
        {"rules": {"normal": {"weather": "warn"}}},
        {"rules": {"normal": {"client": "maybe"}}},
        {"avoidable_reasons": []},
        {"avoidable_reasons": ["Other", "other"]},
    ],
)
def test_malformed_rules_are_422(client: TestClient, company: Company, body: dict[str, Any]) -> None:
    assert client.put(SETTINGS, headers=company.headers(), json=body).status_code == 422


def test_team_admins_change_it_and_the_log_says_so(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    refused = client.put(SETTINGS, headers=company.headers(Role.ENGINEER), json={})
    assert refused.status_code == 403
    body = {"rules": {"low": {"ticket": "warn"}}, "avoidable_reasons": ["No admin rights", "Other"]}
    for _ in range(2):
        assert done(client.put(SETTINGS, headers=company.headers(Role.TEAM_ADMIN), json=body)) == body
    assert done(client.get(SETTINGS, headers=neighbour.headers()))["rules"] == {}
    query = "SELECT action, before, after FROM audit_log WHERE action = 'escalation_settings.changed'"
    assert company.query(query) == [("escalation_settings.changed", None, body)]
