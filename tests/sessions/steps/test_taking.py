"""Steps: which are allowed where, what is stored, and what is counted."""

from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import (
    ASKS_NOTHING,
    SESSIONS,
    count_wrong,
    go_back,
    node_of,
    post,
    read,
    start,
    take,
)


@pytest.fixture
def flowless_id(client: TestClient, company: Company) -> str:
    """A session that follows no flow."""
    session_id: str = start(client, company, problem_summary="Something odd happens with my chair")["id"]
    return session_id


def test_a_choice_leads_on(client: TestClient, company: Company, session_id: str) -> None:
    state = take(client, company, session_id, choice="No")
    assert state["current"] == {
        "id": "switch_on",
        "flow": state["matched_flow_id"],
        "subflows": [],
        "kind": "instruction",
        "text": "Switch it on.",
        "help": "",
        "choices": [],
        "outcomes": ["It prints", "Still nothing"],
        "returns_to": None,
        "halt": "",
        "may_enter": False,
        "client_note": None,
        **ASKS_NOTHING,
    }
    assert state["trail"] == ["power"]
    [step] = state["steps"]
    assert step["content"] == {
        "question": "Is the printer on?",
        "choice": "No",
        "node": "power",
        "next": "switch_on",
    }
    assert (step["kind"], step["position"], step["is_free_text"]) == ("answer", 1, False)
    assert step["actor_id"] == str(company.users[Role.ENGINEER])
    assert step["created_at"] == state["last_activity_at"] > state["created_at"]


@pytest.mark.parametrize("label", ["no", " NO ", "\tNo\n"])
def test_case_and_spaces_of_a_choice_do_not_matter(
    client: TestClient, company: Company, session_id: str, label: str
) -> None:
    state = take(client, company, session_id, choice=label)
    assert state["steps"][0]["content"]["choice"] == "No"


def test_spaces_within_an_outcome_do_not_matter(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    state = take(client, company, session_id, outcome="it   PRINTS")
    assert state["steps"][1]["content"]["outcome"] == "It prints"


def test_an_outcome_is_kept_with_its_note(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    state = take(client, company, session_id, outcome="Still nothing", note=" The spooler hung. ")
    assert node_of(state) == "hand_over"
    assert state["steps"][1]["kind"] == "outcome"
    assert state["steps"][1]["content"] == {
        "instruction": "Clear the print queue.",
        "outcome": "Still nothing",
        "note": "The spooler hung.",
        "node": "queue",
        "next": "hand_over",
    }


def test_an_outcome_without_a_note_has_none(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    state = take(client, company, session_id, outcome="It prints", note="  ")
    assert "note" not in state["steps"][1]["content"]


def test_words_of_ones_own_at_a_question_are_an_answer_that_stays_there(
    client: TestClient, company: Company, session_id: str
) -> None:
    state = take(client, company, session_id, free_text="Its lamp blinks red.")
    assert (node_of(state), state["trail"]) == ("power", [])
    [step] = state["steps"]
    assert (step["kind"], step["is_free_text"]) == ("answer", True)
    assert step["content"] == {
        "question": "Is the printer on?",
        "choice": "Its lamp blinks red.",
        "node": "power",
        "next": "power",
    }
    assert node_of(take(client, company, session_id, choice="Yes")) == "queue"


def test_words_elsewhere_are_a_note(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    state = take(client, company, session_id, free_text="The user is away until noon.")
    assert node_of(state) == "queue"
    step = state["steps"][1]
    assert (step["kind"], step["is_free_text"]) == ("note", False)
    assert step["content"] == {"text": "The user is away until noon.", "node": "queue", "next": "queue"}


def test_without_a_flow_words_are_a_note_and_an_outcome_says_what_was_tried(
    client: TestClient, company: Company, flowless_id: str
) -> None:
    take(client, company, flowless_id, free_text="It squeaks.")
    take(client, company, flowless_id, outcome="No better", note="Oiled the wheels.")
    state = take(client, company, flowless_id, outcome="Gone")
    assert [(step["kind"], step["content"]) for step in state["steps"]] == [
        ("note", {"text": "It squeaks."}),
        ("outcome", {"instruction": "Oiled the wheels.", "outcome": "No better"}),
        ("outcome", {"outcome": "Gone"}),
    ]
    assert state["step_count"] == 3


def test_a_choice_that_is_not_offered_is_refused_with_what_is(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = post(client, company, f"{session_id}/steps", choice="Perhaps")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "'Perhaps' is not offered here. Send as choice one of: 'Yes', 'No'."
    assert read(client, company, session_id)["steps"] == []


def test_a_choice_at_an_instruction_is_refused_with_its_outcomes(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="Yes")
    answer = post(client, company, f"{session_id}/steps", choice="It prints")
    assert answer.status_code == 422
    offered = "'It prints' is not offered here. Send as outcome one of: 'It prints', 'Still nothing'."
    assert answer.json()["detail"] == offered


def test_an_outcome_at_a_question_is_refused(client: TestClient, company: Company, session_id: str) -> None:
    answer = post(client, company, f"{session_id}/steps", outcome="Yes")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "'Yes' is not offered here. Send as choice one of: 'Yes', 'No'."


@pytest.mark.parametrize("step", [{"choice": "Yes"}, {"outcome": "It prints"}])
def test_at_the_end_of_a_path_nothing_is_offered(
    client: TestClient, company: Company, session_id: str, step: dict[str, Any]
) -> None:
    take(client, company, session_id, choice="Yes")
    state = take(client, company, session_id, outcome="It prints")
    assert (state["current"]["kind"], state["current"]["choices"], state["current"]["outcomes"]) == (
        "resolution",
        [],
        [],
    )
    answer = post(client, company, f"{session_id}/steps", **step)
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:flowpilot:problem:nothing-offered"
    assert take(client, company, session_id, free_text="The user says thanks.")["steps"][-1]["kind"] == "note"


def test_without_a_flow_there_is_nothing_to_choose(client: TestClient, company: Company, flowless_id: str) -> None:
    assert post(client, company, f"{flowless_id}/steps", choice="Yes").status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choice": None, "outcome": None, "free_text": None},
        {"choice": "Yes", "free_text": "yes"},
        {"choice": "Yes", "outcome": "It prints"},
        {"choice": "Yes", "outcome": "It prints", "free_text": "yes"},
        {"choice": "Yes", "note": "surely"},
        {"free_text": "Yes", "note": "surely"},
        {"note": "surely"},
        {"choice": ""},
        {"choice": "   "},
        {"free_text": "\n"},
        {"free_text": "\x00"},
        {"free_text": "t" * 5001},
        {"outcome": "It prints", "note": "\x00"},
        {"outcome": "It prints", "note": None},
        {"choice": "Yes", "is_free_text": True},
        {"choices": "Yes"},
        {"choice": ["Yes"]},
    ],
    ids=lambda body: str(body)[:50],
)
def test_a_step_says_one_thing_and_nothing_unknown(
    client: TestClient, company: Company, session_id: str, body: dict[str, Any]
) -> None:
    answer = client.post(f"{SESSIONS}/{session_id}/steps", headers=company.headers(Role.ENGINEER), json=body)
    assert answer.status_code == 422
    assert read(client, company, session_id)["steps"] == []


def test_positions_are_counted_on_and_the_counts_are_those_of_the_steps(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, free_text="It blinks.")
    take(client, company, session_id, choice="No")
    go_back(client, company, session_id)
    take(client, company, session_id, choice="Yes")
    take(client, company, session_id, free_text="Waited for the user.")
    state = take(client, company, session_id, outcome="It prints")
    resolved = post(client, company, f"{session_id}/resolve", summary="It prints.").json()
    assert [step["position"] for step in resolved["steps"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [step["kind"] for step in resolved["steps"]] == [
        "answer",
        "answer",
        "take_back",
        "answer",
        "note",
        "outcome",
        "resolution",
    ]
    assert (state["step_count"], resolved["step_count"]) == (6, 7)
    query = "SELECT step_count, answer_count, free_text_count FROM ai_sessions WHERE id = %s"
    assert company.query(query, session_id) == [(7, 3, 1)]
    assert count_wrong(company) == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ai_session_steps SET kind = 'note' RETURNING id", "DELETE FROM ai_session_steps RETURNING id"],
)
def test_nobody_changes_a_step(client: TestClient, company: Company, session_id: str, statement: str) -> None:
    take(client, company, session_id, choice="No")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        company.query(statement)


def test_nobody_changes_the_words_of_a_step_unless_they_are_removed(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    kept = company.query("SELECT id, content FROM ai_session_steps")
    assert company.query("UPDATE ai_session_steps SET content = '{}' RETURNING id") == []
    assert company.query("SELECT id, content FROM ai_session_steps") == kept


def test_each_step_knows_who_took_it(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    state = take(client, company, session_id, Role.TEAM_ADMIN, outcome="Still nothing")
    engineer, admin = company.users[Role.ENGINEER], company.users[Role.TEAM_ADMIN]
    assert [step["actor_id"] for step in state["steps"]] == [str(engineer), str(admin)]
    assert sorted(person["name"] for person in state["people"]) == ["engineer", "team_admin"]
    assert state["owner_id"] == str(engineer)


def test_sent_twice_with_a_key_a_step_is_taken_once(client: TestClient, company: Company, session_id: str) -> None:
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "one step"}
    path, body = f"{SESSIONS}/{session_id}/steps", {"free_text": "It blinks."}
    first, second = (client.post(path, headers=headers, json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert read(client, company, session_id)["step_count"] == 1
