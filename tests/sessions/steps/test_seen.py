"""The state a caller says they saw: a step for another position is refused, with the present one."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import ASKS_NOTHING, SESSIONS, node_of, post, publish_printer_flow, read, start, take

DECISIONS: list[tuple[str, dict[str, Any]]] = [
    ("steps", {"choice": "No"}),
    ("back", {}),
    ("flow", {"flow_id": None}),
    ("resolve", {"summary": "It prints."}),
    ("abandon", {"reason": "The user hung up."}),
]


def test_a_step_for_another_node_learns_where_the_session_is(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="Yes")
    answer = post(client, company, f"{session_id}/steps", choice="No", node="power")
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["type"] == "urn:flowpilot:problem:session-moved-on"
    assert problem["detail"] == (
        'The session has moved on. It is now at "Clear the print queue.", after 1 step. '
        'What you sent for "Is the printer on?" was not recorded.'
    )
    assert problem["current"] == {
        "id": "queue",
        "flow": read(client, company, session_id)["matched_flow_id"],
        "subflows": [],
        "kind": "instruction",
        "text": "Clear the print queue.",
        "help": "Stop the spooler first.",
        "choices": [],
        "outcomes": ["It prints", "Still nothing"],
        "returns_to": None,
        "halt": "",
        "may_enter": False,
        "client_note": None,
        **ASKS_NOTHING,
    }
    assert (problem["step_count"], problem["session_status"]) == (1, "active")
    assert read(client, company, session_id)["step_count"] == 1


def test_a_step_for_the_present_node_is_taken(client: TestClient, company: Company, session_id: str) -> None:
    first = take(client, company, session_id, choice="Yes", node="power", after_step=0)
    assert node_of(take(client, company, session_id, outcome="Still nothing", node="queue", after_step=1)) == (
        "hand_over"
    )
    assert first["step_count"] == 1


@pytest.mark.parametrize(("path", "body"), DECISIONS)
def test_after_another_count_of_steps_it_is_refused(
    client: TestClient, company: Company, session_id: str, path: str, body: dict[str, Any]
) -> None:
    take(client, company, session_id, free_text="It hums.")
    answer = post(client, company, f"{session_id}/{path}", **body, after_step=0)
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        'The session has moved on. It is now at "Is the printer on?", after 1 step. '
        "What you sent was not recorded."
    )
    assert [step["kind"] for step in read(client, company, session_id)["steps"]] == ["answer"]


def test_an_outcome_after_another_count_is_refused(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    body: dict[str, Any] = {"outcome": "It prints", "node": "queue", "after_step": 0}
    assert post(client, company, f"{session_id}/steps", **body).status_code == 409


@pytest.mark.parametrize(("path", "body"), DECISIONS)
def test_a_decision_made_at_another_node_is_refused(
    client: TestClient, company: Company, session_id: str, path: str, body: dict[str, Any]
) -> None:
    take(client, company, session_id, choice="Yes")
    assert post(client, company, f"{session_id}/{path}", **body, node="power").status_code == 409
    assert read(client, company, session_id)["step_count"] == 1


def test_a_note_is_taken_after_any_count(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, free_text="It hums.", node="power", after_step=0)
    take(client, company, session_id, free_text="It smells.", node="power", after_step=0)
    assert read(client, company, session_id)["step_count"] == 2


def test_a_note_for_another_node_is_refused(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    answer = post(client, company, f"{session_id}/steps", free_text="It hums.", node="power")
    assert answer.status_code == 409


def test_an_empty_node_means_no_node(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary="Something else")["id"]
    take(client, company, session_id, free_text="It hums.", node="")
    flow_id = str(publish_printer_flow(client, company))
    post(client, company, f"{session_id}/flow", flow_id=flow_id, node="", after_step=1)
    refused = post(client, company, f"{session_id}/steps", free_text="It smells.", node="")
    assert refused.status_code == 409
    post(client, company, f"{session_id}/flow", flow_id=None)
    refused = post(client, company, f"{session_id}/steps", free_text="It smells.", node="power")
    assert refused.json()["detail"] == (
        "The session has moved on. It follows no flow now, after 3 steps. What you sent was not recorded."
    )
    assert refused.json()["current"] is None


def test_a_forbidding_status_is_named_first(client: TestClient, company: Company, session_id: str) -> None:
    post(client, company, f"{session_id}/resolve", summary="It prints.")
    answer = post(client, company, f"{session_id}/steps", choice="No", node="queue", after_step=9)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:flowpilot:problem:not-allowed-now"


def test_a_step_sent_again_is_answered_as_before(client: TestClient, company: Company, session_id: str) -> None:
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": str(new_id())}
    body = {"choice": "Yes", "node": "power", "after_step": 0}
    first, second = (client.post(f"{SESSIONS}/{session_id}/steps", headers=headers, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


@pytest.mark.parametrize("body", [{"after_step": -1}, {"after_step": "two"}, {"node": "n" * 65}])
def test_an_impossible_position_is_malformed(
    client: TestClient, company: Company, session_id: str, body: dict[str, Any]
) -> None:
    assert post(client, company, f"{session_id}/steps", choice="No", **body).status_code == 422
