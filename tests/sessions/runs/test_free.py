"""Values in a session without a flow: asked once, and filled in wherever they are used."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import post, read, start
from tests.sessions.runs.procedure import mark, publish_procedure

CHAIR = "Something odd happens with my chair"
PING = "Run `ping {{name}}`."


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session without a flow, to which the copilot suggests something with a field."""
    made: str = start(client, company, problem_summary=CHAIR)["id"]
    step = {"action": PING, "why": "It may be off.", "expected": "{{name}} answers.", "source": "ai"}
    content = {"steps": [step], "model": "large", "prompt_version": "1"}
    company.add("ai_session_suggestions", session_id=made, position=0, content=content)
    return made


def _fields(session: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["name"], one["label"], one["value"]) for one in session["fields"]]


def test_what_suggestions_use_is_asked(client: TestClient, company: Company, session_id: str) -> None:
    state = read(client, company, session_id)
    assert _fields(state) == [("name", "Name", "")]
    assert "mark" in state["allowed"]


def test_a_value_leaves_the_suggestion_and_is_in_what_was_done(
    client: TestClient, company: Company, session_id: str
) -> None:
    state = mark(client, company, session_id, node="", do="fill", field="name", value="PC-1")
    assert _fields(state) == [("name", "Name", "PC-1")]
    [step] = state["suggestion"]["steps"]
    shown = {"action": step["action"], "source": "ai", "after_step": 0, "result": "done"}
    done = post(client, company, f"{session_id}/suggestions/done", **shown).json()["steps"][-1]
    assert done["content"]["instruction"] == "Run `ping PC-1`."
    assert company.query("SELECT action, model FROM suggestion_outcomes") == [(PING, "large")]


def test_a_value_is_known_in_the_flow_that_follows_and_after_it(
    client: TestClient, company: Company, session_id: str
) -> None:
    mark(client, company, session_id, do="fill", field="name", value="PC-1")
    flow_id = publish_procedure(client, company)
    state = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert (state["current"]["text"], state["current"]["fields"][0]["value"]) == ("Set up PC-1.", "PC-1")
    state = post(client, company, f"{session_id}/flow", flow_id=None).json()
    assert _fields(state) == [("name", "Name", "PC-1")]


def test_a_value_that_is_none_of_the_flows_field_is_asked_again(
    client: TestClient, company: Company, session_id: str
) -> None:
    mark(client, company, session_id, do="fill", field="bought", value="last week")
    flow_id = publish_procedure(client, company)
    state = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert [one["value"] for one in state["current"]["fields"]] == ["", ""]


def test_it_can_be_undone(client: TestClient, company: Company, session_id: str) -> None:
    mark(client, company, session_id, do="fill", field="name", value="PC-1")
    assert _fields(mark(client, company, session_id, do="undo", field="name")) == [("name", "Name", "")]


@pytest.mark.parametrize(
    "body", [{"do": "waive", "field": "name", "reason": "No."}, {"do": "fill", "field": "A B"}]
)
def test_nothing_else_is_marked_without_a_flow(
    client: TestClient, company: Company, session_id: str, body: dict[str, Any]
) -> None:
    answer = post(client, company, f"{session_id}/marks", value="x", **body)
    assert answer.status_code == 422
