"""Who took a step, who works on the session, and team admins may edit it; nobody is offered what is refused."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join, send_escalation
from tests.sessions.edits.helpers import newest
from tests.sessions.flows import SESSIONS, take

EDITS = {"correct": {"text": "Other words."}, "strike": {}, "take-back": {}}


def _allowed(client: TestClient, session_id: str, step_id: str, who: dict[str, str]) -> set[str]:
    state = client.get(f"{SESSIONS}/{session_id}", headers=who).json()
    return set(next(step for step in state["steps"] if step["id"] == step_id)["allowed"])


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.ENGINEER, {"correct", "strike", "take_back", "remove"}),
        (Role.TEAM_ADMIN, {"correct", "strike", "take_back", "remove"}),
        (Role.VIEWER, set()),
    ],
)
def test_by_role(client: TestClient, company: Company, session_id: str, role: Role, offered: set[str]) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(take(client, company, session_id, outcome="Still nothing", note="Dark."), "outcome")
    assert _allowed(client, session_id, outcome["id"], company.headers(role)) == offered


def test_a_colleague_edits_nothing_of_others(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(take(client, company, session_id, outcome="Still nothing", note="Dark."), "outcome")
    ann = join(client, company, "Ann")
    assert _allowed(client, session_id, outcome["id"], ann.headers) == set()
    for what, body in EDITS.items():
        path = f"{SESSIONS}/{session_id}/steps/{outcome['id']}/{what}"
        assert client.post(path, json=body, headers=ann.headers).status_code == 403


def test_a_senior_edits_what_they_hold_and_afterwards_only_what_is_theirs(
    client: TestClient, company: Company, session_id: str
) -> None:
    first = newest(take(client, company, session_id, free_text="It blinks."), "answer")
    ann = join(client, company, "Ann")
    handoff = send_escalation(client, company, session_id).json()
    done(act(client, handoff, "claim", ann.headers))
    steps = f"{SESSIONS}/{session_id}/steps"
    own = client.post(steps, json={"free_text": "The drum is worn."}, headers=ann.headers).json()["steps"][-1]
    assert "correct" in _allowed(client, session_id, first["id"], ann.headers)
    done(act(client, handoff, "close", ann.headers, outcome="returned", note="A drum is on its way."))
    assert _allowed(client, session_id, first["id"], ann.headers) == set()
    assert _allowed(client, session_id, own["id"], ann.headers) == {"correct", "strike", "remove"}
    path = f"{steps}/{own['id']}/correct"
    assert client.post(path, json={"text": "The drum is broken."}, headers=ann.headers).status_code == 200


def test_while_a_senior_holds_it_only_they_take_back(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    ann, kim = join(client, company, "Ann"), company.headers(Role.ENGINEER)
    assert "take_back" in _allowed(client, session_id, answer["id"], kim)
    handoff = send_escalation(client, company, session_id).json()
    done(act(client, handoff, "claim", ann.headers))
    assert "take_back" not in _allowed(client, session_id, answer["id"], kim)
    assert "take_back" in _allowed(client, session_id, answer["id"], ann.headers)
    refused = client.post(f"{SESSIONS}/{session_id}/steps/{answer['id']}/take-back", headers=kim)
    assert refused.status_code == 403


def test_nobody_takes_back_what_others_have_gone_on_from(
    client: TestClient, company: Company, session_id: str
) -> None:
    ann = join(client, company, "Ann")
    handoff = send_escalation(client, company, session_id).json()
    done(act(client, handoff, "claim", ann.headers))
    steps = f"{SESSIONS}/{session_id}/steps"
    answer = client.post(steps, json={"choice": "No"}, headers=ann.headers).json()["steps"][-1]
    done(act(client, handoff, "close", ann.headers, outcome="returned", note="Switch it on."))
    assert "take_back" in _allowed(client, session_id, answer["id"], ann.headers)
    take(client, company, session_id, outcome="Still nothing")
    assert "take_back" not in _allowed(client, session_id, answer["id"], ann.headers)
    assert client.post(f"{steps}/{answer['id']}/take-back", headers=ann.headers).status_code == 403


def test_what_is_offered_is_what_is_possible(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, free_text="It blinks.")
    take(client, company, session_id, choice="No")
    state = take(client, company, session_id, outcome="Still nothing")
    kim = company.headers(Role.ENGINEER)
    for step in state["steps"]:
        for what, body in EDITS.items():
            path = f"{SESSIONS}/{session_id}/steps/{step['id']}/{what}"
            offered = _allowed(client, session_id, step["id"], kim)
            answer = client.post(path, json=body, headers=kim)
            assert (answer.status_code == 200) is (what.replace("-", "_") in offered)
