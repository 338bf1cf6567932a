"""Suggestions of the copilot are done, as a step with a result, or dismissed with a reason."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.handoffs.helpers import join
from tests.sessions.flows import SESSIONS, post, publish_printer_flow, read, start, take

CHAIR = "Something odd happens with my chair"
KEPT = "SELECT index, action, source, model, prompt_version, result, reason, note FROM suggestion_outcomes"


def _actions(session: dict[str, Any]) -> list[str]:
    return [step["action"] for step in session["suggestion"]["steps"]]


@pytest.fixture
def session(client: TestClient, company: Company) -> dict[str, Any]:
    return start(client, company, problem_summary=CHAIR)


@pytest.mark.parametrize(
    ("result", "label"), [("solved", "Solved it"), ("not_helped", "Did not help"), ("done", "Done")]
)
def test_what_was_done_is_a_step_with_its_outcome(
    client: TestClient, company: Company, session: dict[str, Any], result: str, label: str
) -> None:
    second = _actions(session)[1]
    answer = post(
        client, company, f"{session['id']}/suggestions/done", action=second, result=result, note="It squeaks."
    )
    assert answer.status_code == 201, answer.text
    [step] = answer.json()["steps"]
    said = {"instruction": second, "outcome": label, "suggestion": "rules", "note": "It squeaks."}
    assert (step["kind"], step["content"], step["text"]) == ("outcome", said, "It squeaks.")
    assert company.query(KEPT) == [(2, second, "rules", None, None, result, None, "")]
    assert second not in _actions(answer.json())


def test_it_counts_as_a_step_and_as_no_answer(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    post(client, company, f"{session['id']}/suggestions/done", action=_actions(session)[0], result="solved")
    counts = "SELECT step_count, answer_count, free_text_count FROM ai_sessions"
    assert company.query(counts) == [(1, 0, 0)]


def test_what_is_dismissed_is_no_step_and_not_suggested_again(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    first = _actions(session)[0]
    answer = post(
        client,
        company,
        f"{session['id']}/suggestions/dismiss",
        action=first,
        reason="not_applicable",
        note="It has no wheels.",
    )
    assert answer.status_code == 200, answer.text
    assert (answer.json()["step_count"], first in _actions(answer.json())) == (0, False)
    assert company.query(KEPT) == [
        (1, first, "rules", None, None, "dismissed", "not_applicable", "It has no wheels.")
    ]
    after_a_step = take(client, company, session["id"], free_text="It squeaks.")
    assert first not in _actions(after_a_step)
    seen = read(client, company, session["id"])
    assert [after_a_step[name] for name in ("suggestion", "dismissed")] == [seen["suggestion"], [first]]


def test_what_was_dismissed_by_mistake_is_suggested_again_and_counts_nowhere(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    first, path = _actions(session)[0], f"{session['id']}/suggestions"
    dismissed = post(client, company, f"{path}/dismiss", action=first, reason="wrong", note="No.").json()
    assert dismissed["dismissed"] == [first]
    restored = post(client, company, f"{path}/restore", action=first).json()
    assert (_actions(restored), restored["dismissed"]) == (_actions(session), [])
    assert restored["step_count"] == 0
    assert company.query(KEPT) == []
    note = client.get(f"{SESSIONS}/{session['id']}/documentation", headers=company.headers()).json()["text"]
    assert first not in note
    again = post(client, company, f"{path}/restore", action=first)
    assert (again.status_code, again.json()["type"]) == (409, "urn:flowpilot:problem:not-dismissed")


def test_only_who_may_take_a_step_brings_one_back(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    first, path = _actions(session)[0], f"{session['id']}/suggestions"
    post(client, company, f"{path}/dismiss", action=first, reason="wrong")
    stranger = join(client, company, "Lou").headers
    refused = client.post(f"{SESSIONS}/{path}/restore", headers=stranger, json={"action": first})
    assert refused.status_code == 403
    assert read(client, company, session["id"])["dismissed"] == [first]


def test_once_all_are_dismissed_nothing_is_suggested(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    for _ in range(30):
        if not (left := _actions(session)):
            break
        path = f"{session['id']}/suggestions/dismiss"
        session = post(client, company, path, action=left[0], reason="already_done").json()
    assert _actions(session) == []


@pytest.mark.parametrize("path", ["done", "dismiss"])
def test_what_is_not_suggested_cannot_be_pressed(
    client: TestClient, company: Company, session: dict[str, Any], path: str
) -> None:
    body: dict[str, Any] = {"result": "solved"} if path == "done" else {"reason": "wrong"}
    answer = post(client, company, f"{session['id']}/suggestions/{path}", action="Buy another chair.", **body)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "This is not suggested any more. Write down what you did as a note."


def test_with_a_flow_nothing_is_suggested(client: TestClient, company: Company, session: dict[str, Any]) -> None:
    flow_id = str(publish_printer_flow(client, company))
    first = _actions(session)[0]
    post(client, company, f"{session['id']}/flow", flow_id=flow_id)
    answer = post(client, company, f"{session['id']}/suggestions/done", action=first, result="done")
    assert answer.status_code == 409


def test_it_can_be_taken_back_and_is_suggested_again(
    client: TestClient, company: Company, session: dict[str, Any]
) -> None:
    first = _actions(session)[0]
    path = f"{session['id']}/suggestions/done"
    [step] = post(client, company, path, action=first, result="done").json()["steps"]
    assert "take_back" in step["allowed"]
    assert post(client, company, f"{session['id']}/steps/{step['id']}/take-back").status_code == 200
    assert first in _actions(read(client, company, session["id"]))
