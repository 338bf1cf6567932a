"""A session that comes to a sub-flow is in its flow, and comes back with how that turned out."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.flows import nested
from tests.flows.nested import PROBLEM, RESET, force_published_tree, publish, sign_in, through
from tests.sessions.flows import go_back, post, read, start, take


@pytest.fixture
def reset(client: TestClient, company: Company) -> uuid.UUID:
    """The inner flow."""
    return publish(client, company, "Password reset", RESET)


@pytest.fixture
def outer(client: TestClient, company: Company, reset: uuid.UUID) -> uuid.UUID:
    """The outer flow."""
    return publish(client, company, "Cannot sign in", sign_in(reset))


def _begin(client: TestClient, company: Company, flow_id: uuid.UUID) -> str:
    session_id: str = start(client, company, problem_summary=PROBLEM, flow_id=str(flow_id))["id"]
    return session_id


@pytest.fixture
def session_id(client: TestClient, company: Company, outer: uuid.UUID) -> str:
    """A session at the outer flow's first question."""
    return _begin(client, company, outer)


def _place(state: dict[str, Any]) -> tuple[Any, ...]:
    here = state["current"]
    return here["flow"], here["id"], here["choices"] or here["outcomes"]


def test_the_answer_that_leads_to_a_sub_flow_leads_into_it(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID, reset: uuid.UUID
) -> None:
    state = take(client, company, session_id, choice="No")
    assert _place(state) == (str(reset), "ask", ["Yes", "No"])
    assert (state["matched_flow_id"], state["flow_name"]) == (str(outer), "Cannot sign in")
    assert state["current"]["subflows"] == ["Password reset"]
    entered = state["steps"][1]
    [(version_id,)] = company.query("SELECT published_version_id FROM trees WHERE id = %s", reset)
    assert entered["kind"] == "enter"
    assert entered["content"] == {
        "flow_id": str(reset),
        "version_id": str(version_id),
        "name": "Password reset",
        "node": "reset",
        "next": "ask",
    }


def test_answers_name_their_flow_and_node(
    client: TestClient, company: Company, session_id: str, reset: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="Yes")
    take(client, company, session_id, free_text="The portal is slow.")
    state = take(client, company, session_id, outcome="Done")
    assert [(step["kind"], step["content"]["node"], step["content"].get("flow")) for step in state["steps"]] == [
        ("answer", "ask", None),
        ("enter", "reset", None),
        ("answer", "ask", str(reset)),
        ("note", "cloud", str(reset)),
        ("outcome", "cloud", str(reset)),
    ]


def test_its_end_offers_how_it_turned_out(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID, reset: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="Yes")
    ended = take(client, company, session_id, outcome="Done")
    assert _place(ended) == (str(reset), "done", ["Signed in", "Still locked out"])
    assert (ended["current"]["kind"], ended["current"]["text"]) == ("resolution", "The password is new.")
    assert ended["current"]["returns_to"] == "Reset the password."
    after = take(client, company, session_id, outcome="Still locked out")
    assert _place(after) == (str(outer), "collect", ["Collected"])
    assert after["current"]["subflows"] == []
    assert after["steps"][-1]["content"] == {
        "instruction": "Reset the password.",
        "outcome": "Still locked out",
        "node": "reset",
        "next": "collect",
    }


def test_its_escalation_offers_the_same(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    state = take(client, company, session_id, choice="No")
    assert (state["current"]["kind"], state["current"]["outcomes"]) == (
        "escalation",
        ["Signed in", "Still locked out"],
    )


def test_the_way_back_leaves_it_through_its_beginning(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="Yes")
    assert go_back(client, company, session_id)["current"]["subflows"] == ["Password reset"]
    state = go_back(client, company, session_id)
    assert _place(state) == (str(outer), "ask", ["Yes", "No"])
    assert (state["trail"], state["standing"]) == ([], [])


def test_the_way_back_leads_into_it_through_its_end(
    client: TestClient, company: Company, session_id: str, reset: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="No")
    take(client, company, session_id, outcome="Signed in")
    assert _place(go_back(client, company, session_id)) == (
        str(reset),
        "hand_over",
        ["Signed in", "Still locked out"],
    )


def test_the_version_is_the_one_published_when_it_was_entered(
    client: TestClient, company: Company, session_id: str, reset: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    other = {"root": "gone", "nodes": {"gone": {"kind": "escalation", "text": "Nothing is left."}}}
    nested.save(client, company, reset, "Password reset", other)
    client.post(f"{nested.FLOWS}/{reset}/publish", headers=company.headers()).raise_for_status()
    assert take(client, company, session_id, choice="Yes")["current"]["text"] == "Reset it in the portal."
    again = _begin(client, company, uuid.UUID(read(client, company, session_id)["matched_flow_id"]))
    assert take(client, company, again, choice="No")["current"]["text"] == "Nothing is left."


def test_a_flow_may_begin_with_one_and_one_may_follow_another(
    client: TestClient, company: Company, reset: uuid.UUID
) -> None:
    twice = publish(client, company, "Twice", through(reset, reset))
    session_id = _begin(client, company, publish(client, company, "All", through(twice)))
    state = read(client, company, session_id)
    assert (state["current"]["subflows"], state["current"]["text"]) == (
        ["Twice", "Password reset"],
        "Is the account in the cloud?",
    )
    assert post(client, company, f"{session_id}/back").status_code == 409
    take(client, company, session_id, choice="No")
    second = take(client, company, session_id, outcome="Through")
    assert second["current"]["subflows"] == ["Twice", "Password reset"]
    take(client, company, session_id, choice="No")
    assert take(client, company, session_id, outcome="Through")["current"]["subflows"] == ["Twice"]
    assert take(client, company, session_id, outcome="Through")["current"]["text"] == "That was all."


def test_what_was_sent_for_the_same_node_of_another_flow_is_not_recorded(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID
) -> None:
    take(client, company, session_id, choice="No")
    answer = post(client, company, f"{session_id}/steps", choice="Yes", node="ask", flow=str(outer))
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        'The session has moved on. It is now at "Is the account in the cloud?", after 2 steps. '
        "What you sent was not recorded."
    )


def test_a_note_for_the_sub_flow_is_not_recorded_outside_it(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="No")
    seen = take(client, company, session_id, free_text="The owner is away.", after_step=2)["step_count"]
    take(client, company, session_id, outcome="Signed in")
    late = post(client, company, f"{session_id}/steps", free_text="He is back.", after_step=seen)
    assert late.status_code == 409


def test_a_circle_stops_with_a_sentence(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID, reset: uuid.UUID
) -> None:
    force_published_tree(company, reset, through(outer))
    state = take(client, company, session_id, choice="No")
    assert state["current"]["halt"] == (
        "The flows lead in a circle here: Cannot sign in → Password reset → Cannot sign in."
    )
    assert _place(state) == (str(reset), "into_1", ["Through"])
    assert take(client, company, session_id, outcome="Through")["current"]["returns_to"] == "Reset the password."


def test_a_flow_that_is_not_published_any_more_stops_with_a_sentence(
    client: TestClient, company: Company, session_id: str, outer: uuid.UUID, reset: uuid.UUID
) -> None:
    company.query("UPDATE trees SET is_active = false WHERE id = %s RETURNING id", reset)
    state = take(client, company, session_id, choice="No")
    assert state["current"]["halt"] == "The flow that follows here is not published any more."
    assert _place(state) == (str(outer), "reset", ["Signed in", "Still locked out"])
    assert _place(go_back(client, company, session_id)) == (str(outer), "ask", ["Yes", "No"])


def test_the_ninth_flow_within_another_is_not_entered(
    client: TestClient, company: Company, reset: uuid.UUID
) -> None:
    inner = reset
    for number in range(8):
        inner = publish(client, company, f"Level {number}", through(inner))
    assert read(client, company, _begin(client, company, inner))["current"]["halt"] == ""
    deepest = publish(client, company, "Level 8", through(inner))
    here = read(client, company, _begin(client, company, deepest))["current"]
    assert (len(here["subflows"]), here["halt"]) == (
        8,
        "“Password reset” would be the 9th flow within another, and 8 are the most.",
    )


def test_the_note_and_the_handoff_say_where_it_is(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    answer = client.get(f"/api/v1/ai-sessions/{session_id}/documentation.txt", headers=company.headers())
    assert "Next in the guide: Is the account in the cloud?" in answer.text
    handed = client.post(
        f"/api/v1/ai-sessions/{session_id}/handoffs",
        headers=company.headers(),
        json={"reason": "Cannot reproduce", "note": ""},
    )
    assert handed.status_code == 201, handed.text
    shot = handed.json()["snapshot"]
    assert [one["name"] for one in shot["subflows"]] == ["Password reset"]
    assert [one["instruction"] for one in shot["left"]] == ["Reset it in the portal.", "Collect the sign-in log."]


def test_its_page_names_the_sub_flow_and_how_it_turned_out(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, choice="No")
    page = client.get(f"/sessions/{session_id}", headers=company.headers()).text
    assert "This sub-flow ends here" in page
    assert "in Password reset" in page
    assert "Back to: <strong>Reset the password.</strong> How did it turn out?" in page
    assert 'name="outcome" value="Still locked out"' in page
