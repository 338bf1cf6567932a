"""The next steps of a handoff are done, as a step of its session, or dismissed; what became of each is kept."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from psycopg.types.json import Jsonb

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, act, claimed_by_kim, done, hand_over, join, read, read_as
from tests.sessions.flows import SESSIONS, publish_printer_flow
from tests.sessions.flows import read as read_session

KEPT = """SELECT CAST(handoff_id AS text), index, action, source, model, prompt_version, result, reason, note
FROM suggestion_outcomes"""
AI = {
    "summary": "Nothing prints.",
    "likely_cause": None,
    "next_steps": ["Print a test page.", "Swap the cable.", "Clear the print queue."],
    "missing": [],
    "source": "ai",
    "model": "anthropic:one",
    "prompt_version": "1a2b3c4d",
}

Held = tuple[dict[str, Any], Person]


@pytest.fixture
def held(client: TestClient, company: Company) -> Held:
    """A handoff of a session without a flow that Kim holds, and Kim."""
    return claimed_by_kim(client, company)


def press(client: TestClient, handoff: dict[str, Any], who: dict[str, str], how: str, **said: Any) -> Response:
    body = {"action": said.pop("action", None) or handoff["assessment"]["next_steps"][0], **said}
    return client.post(f"/api/v1/handoffs/{handoff['id']}/suggestions/{how}", headers=who, json=body)


def assessed_by_ai(company: Company, handoff: dict[str, Any]) -> dict[str, Any]:
    """The handoff once the AI has answered."""
    company.query("UPDATE session_handoffs SET assessment = %s RETURNING id", Jsonb(AI))
    return {**handoff, "assessment": AI}


def steps_of(client: TestClient, company: Company, handoff: dict[str, Any]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = read_session(client, company, handoff["session_id"])["steps"]
    return steps


def test_what_was_done_is_a_step_and_the_claimants_first_action(
    client: TestClient, company: Company, held: Held
) -> None:
    handoff, kim = held
    _, second, _ = handoff["assessment"]["next_steps"]
    answer = press(
        client, handoff, kim.headers, "done", action=second, source="rules", result="not_helped", note="Odd."
    )
    assert answer.status_code == 201, answer.text
    [step] = steps_of(client, company, handoff)
    said = {"instruction": second, "outcome": "Did not help", "suggestion": "rules", "note": "Odd."}
    assert (step["kind"], step["content"]) == ("outcome", said)
    assert company.query(KEPT) == [(handoff["id"], 2, second, "rules", None, None, "not_helped", None, "")]
    after = answer.json()
    assert after["claimant_action_at"] == after["first_action_at"] == step["created_at"]
    assert [one["result"] for one in after["next_steps"]] == [None, "not_helped", None]
    assert [one["may_answer"] for one in after["next_steps"]] == [True, False, True]


def test_what_is_dismissed_is_no_step_and_no_action(client: TestClient, company: Company, held: Held) -> None:
    handoff, kim = held
    first = handoff["assessment"]["next_steps"][0]
    after = done(press(client, handoff, kim.headers, "dismiss", reason="wrong", note="It has no fuse."))
    row = (handoff["id"], 1, first, "rules", None, None, "dismissed", "wrong", "It has no fuse.")
    assert company.query(KEPT) == [row]
    assert (steps_of(client, company, handoff), after["first_action_at"]) == ([], None)
    assert after["next_steps"][0]["result"] == "dismissed"
    suggested = read_session(client, company, handoff["session_id"])["suggestion"]["steps"]
    assert first not in [one["action"] for one in suggested]


def test_it_is_answered_once_unless_it_is_taken_back(client: TestClient, company: Company, held: Held) -> None:
    handoff, kim = held
    press(client, handoff, kim.headers, "done", result="done")
    again = press(client, handoff, kim.headers, "done", result="done")
    assert again.status_code == 409
    assert again.json()["detail"] == "This is no longer an open next step. Write down what you did as a note."
    [step] = steps_of(client, company, handoff)
    take_back = f"{SESSIONS}/{handoff['session_id']}/steps/{step['id']}/take-back"
    done(client.post(take_back, headers=kim.headers))
    assert read_as(client, handoff, kim.headers)["next_steps"][0]["may_answer"]
    assert press(client, handoff, kim.headers, "done", result="solved").status_code == 201


def test_what_the_session_suggests_too_is_done_when_it_is_done_there(
    client: TestClient, company: Company, held: Held
) -> None:
    handoff, kim = held
    [first, *_] = handoff["assessment"]["next_steps"]
    path = f"{SESSIONS}/{handoff['session_id']}/suggestions/done"
    assert client.post(path, headers=kim.headers, json={"action": first, "result": "done"}).status_code == 201
    assert read(client, company, handoff)["next_steps"][0]["result"] == "done"


def test_an_ais_counts_for_its_model_and_leaves_the_session_in_its_flow(
    client: TestClient, company: Company
) -> None:
    publish_printer_flow(client, company)
    handoff, kim = claimed_by_kim(client, company)
    before = read_session(client, company, handoff["session_id"])["current"]
    handoff = assessed_by_ai(company, handoff)
    answer = press(client, handoff, kim.headers, "done", action="Swap the cable.", source="ai", result="solved")
    assert answer.status_code == 201, answer.text
    assert read_session(client, company, handoff["session_id"])["current"] == before
    row = (handoff["id"], 2, "Swap the cable.", "ai", "anthropic:one", "1a2b3c4d", "solved", None, "")
    assert company.query(KEPT) == [row]
    report = done(client.get("/api/v1/analytics/flowpilot/suggestions", headers=company.headers(Role.OWNER)))
    [source] = report["sources"]
    assert (source["model"], source["prompt_version"], source["n_solved"]) == ("anthropic:one", "1a2b3c4d", 1)


def test_a_model_is_not_credited_with_what_the_rules_said(
    client: TestClient, company: Company, held: Held
) -> None:
    handoff, kim = held
    shown = handoff["assessment"]["next_steps"][0]
    assessed_by_ai(company, handoff)
    answer = press(client, handoff, kim.headers, "dismiss", action=shown, source="rules", reason="wrong")
    assert (answer.status_code, company.query(KEPT)) == (409, [])


def test_a_step_of_the_flow_is_answered_in_the_flow(client: TestClient, company: Company) -> None:
    publish_printer_flow(client, company)
    handoff, kim = claimed_by_kim(client, company)
    steps = read_as(client, handoff, kim.headers)["next_steps"]
    assert [(one["action"], one["is_of_flow"], one["may_answer"]) for one in steps] == [
        ("Clear the print queue.", True, False),
        ("Switch it on.", True, False),
    ]
    assert press(client, handoff, kim.headers, "done", result="done").status_code == 409
    # Without the flow there is nowhere else to answer it.
    left = client.post(f"{SESSIONS}/{handoff['session_id']}/flow", headers=kim.headers, json={"flow_id": None})
    done(left)
    assert press(client, handoff, kim.headers, "done", result="done").status_code == 201


@pytest.mark.parametrize(
    ("state", "person", "status"),
    [
        ("claimed", "the maker", 409),
        ("claimed", "another engineer", 403),
        ("claimed", "a viewer", 403),
        ("claimed", "a team admin", 200),
        ("waiting", "the maker", 409),
        ("waiting", "a team admin", 409),
        ("closed", "the holder", 409),
    ],
)
def test_who_may_not_is_refused_and_is_not_offered_it(
    client: TestClient, company: Company, state: str, person: str, status: int
) -> None:
    handoff, kim = hand_over(client, company), join(client, company, "Kim")
    people = {
        "the holder": kim.headers,
        "the maker": company.headers(Role.ENGINEER),
        "another engineer": join(client, company, "Lou").headers,
        "a viewer": company.headers(Role.VIEWER),
        "a team admin": company.headers(Role.TEAM_ADMIN),
    }
    if state != "waiting":
        done(act(client, handoff, "claim", kim.headers))
    if state == "closed":
        done(act(client, handoff, "close", kim.headers, outcome="parked"))
    offered = read_as(client, handoff, people[person])["next_steps"][0]["may_answer"]
    answer = press(client, handoff, people[person], "dismiss", reason="other")
    assert (answer.status_code, offered) == (status, status == 200)


def test_another_accounts_handoff_is_not_found(
    client: TestClient, company: Company, neighbour: Company, held: Held
) -> None:
    answer = press(client, held[0], neighbour.headers(Role.OWNER), "dismiss", reason="wrong")
    assert answer.status_code == 404


def test_it_is_recorded_once_however_often_it_is_sent(client: TestClient, company: Company, held: Held) -> None:
    handoff, kim = held
    headers = {**kim.headers, "Idempotency-Key": "a-double-click"}
    answers = [press(client, handoff, headers, "done", result="done") for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert len(steps_of(client, company, handoff)) == 1


def test_a_next_step_dismissed_by_mistake_is_brought_back(
    client: TestClient, company: Company, held: Held
) -> None:
    handoff, kim = held
    engineer = company.headers(Role.ENGINEER)
    done(press(client, handoff, kim.headers, "dismiss", reason="wrong"))
    first = read_as(client, handoff, kim.headers)["next_steps"][0]
    assert (first["result"], first["may_answer"], first["may_restore"]) == ("dismissed", False, True)
    assert not read_as(client, handoff, engineer)["next_steps"][0]["may_restore"]
    path, body = f"/api/v1/handoffs/{handoff['id']}/suggestions/restore", {"action": first["action"]}
    assert client.post(path, headers=engineer, json=body).status_code == 409
    after = done(client.post(path, headers=kim.headers, json=body))["next_steps"][0]
    assert (after["result"], after["may_answer"], after["may_restore"]) == (None, True, False)
    assert client.post(path, headers=kim.headers, json=body).status_code == 409
