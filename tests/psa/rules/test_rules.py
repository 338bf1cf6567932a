"""An account says what it posts by itself, and the audit log keeps who changed it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company

RULES = "/api/v1/psa/rules"


def _change(client: TestClient, company: Company, role: Role = Role.TEAM_ADMIN, **changes: Any) -> Any:
    return client.patch(RULES, json=changes, headers=company.headers(role))


def test_note_and_time_go_by_themselves_at_the_end_and_nothing_else(client: TestClient, company: Company) -> None:
    assert client.get(RULES, headers=company.headers(Role.VIEWER)).json() == {
        "posts_note": True,
        "posts_time": True,
        "posts_status": False,
        "posts_escalation": False,
        "hold_minutes": 0,
        "waits_for_person": False,
        "client_greeting": "",
        "client_signature": "",
        "ticket_url_template": None,
    }


def test_what_is_sent_is_changed_and_the_rest_stays(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    _change(client, company, posts_status=True, client_greeting="Dear client,\n")
    changed = _change(client, company, hold_minutes=15).json()
    assert (changed["posts_status"], changed["client_greeting"], changed["hold_minutes"]) == (
        True,
        "Dear client,\n",
        15,
    )
    assert client.get(RULES, headers=neighbour.headers()).json()["posts_status"] is False


def test_a_change_is_on_record_and_one_that_changes_nothing_is_not(client: TestClient, company: Company) -> None:
    _change(client, company, hold_minutes=15)
    _change(client, company, hold_minutes=15)
    query = "SELECT before, after FROM audit_log WHERE action = 'psa_rules.changed'"
    assert company.query(query) == [({"hold_minutes": 0}, {"hold_minutes": 15})]


@pytest.mark.parametrize(
    "wrong",
    [
        {"hold_minutes": -1},
        {"hold_minutes": 10081},
        {"ticket_url_template": "https://desk.example/tickets"},
        {"ticket_url_template": "javascript:alert('{ticket}')"},
        {"ticket_url_template": "https://{ticket}.example/"},
        {"posts_everything": True},
    ],
)
def test_wrong_rules_are_refused_at_their_field(
    client: TestClient, company: Company, wrong: dict[str, Any]
) -> None:
    refused = _change(client, company, **wrong)
    assert refused.status_code == 422
    assert next(iter(wrong)) in refused.text


def test_the_address_of_tickets_may_begin_in_capitals_and_be_emptied(client: TestClient, company: Company) -> None:
    template = "HTTPS://desk.example/{ticket}"
    assert _change(client, company, ticket_url_template=template).json()["ticket_url_template"] == template
    assert _change(client, company, ticket_url_template="").json()["ticket_url_template"] is None


def test_an_engineer_changes_no_rules(client: TestClient, company: Company) -> None:
    assert _change(client, company, Role.ENGINEER, hold_minutes=15).status_code == 403
