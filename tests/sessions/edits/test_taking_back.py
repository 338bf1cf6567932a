"""A step is taken back with what follows from it, which is said before; notes stay."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from flowpilot.analytics.escalations.endings import flow_endings
from flowpilot.analytics.period import window
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.flows.nested import PROBLEM, RESET, publish, sign_in
from tests.handoffs.helpers import act, done, send_escalation
from tests.sessions.edits.helpers import ask, edit, newest, note_of
from tests.sessions.flows import SESSIONS, count_wrong, node_of, publish_printer_flow, read, start, take


def _steps(state: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [{**step, "session_id": state["id"]} for step in state["steps"] if step["kind"] == kind]


def test_an_answer_is_taken_back_with_what_follows_and_notes_stay(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, free_text="The socket is loose.")
    state = take(client, company, session_id, outcome="Still nothing", note="Dark.")
    [answer], [outcome] = _steps(state, "answer"), _steps(state, "outcome")
    assert answer["takes_back"] == [outcome["id"]]
    assert outcome["takes_back"] == []
    after = edit(client, company, answer, "take-back", node="queue", after_step=3)
    assert (node_of(after), after["trail"]) == ("power", [])
    assert after["steps"][-1]["content"] == {
        "step": answer["id"],
        "also": [outcome["id"]],
        "moves": 2,
        "node": "power",
        "next": "power",
    }
    note = note_of(client, company, session_id)
    assert "The socket is loose." in note
    assert "Dark." not in note
    assert "Is the printer on?" not in note.split("STATE")[0]
    assert count_wrong(company) == 0


def test_the_outcome_of_an_instruction_is_taken_back(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(take(client, company, session_id, outcome="Still nothing"), "outcome")
    after = edit(client, company, outcome, "take-back")
    assert (node_of(after), after["trail"]) == ("switch_on", ["power"])
    assert "Still nothing" not in note_of(client, company, session_id)


def test_an_outcome_from_which_one_went_back_is_taken_back_and_the_session_stays(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(take(client, company, session_id, outcome="Still nothing"), "outcome")
    # As going back was recorded before it was a taking back.
    company.query(
        "INSERT INTO ai_session_steps (account_id, id, session_id, position, kind, content) "
        "VALUES (%s, gen_random_uuid(), %s, 3, 'back', %s) RETURNING id",
        company.id,
        session_id,
        Jsonb({"node": "queue", "next": "switch_on"}),
    )
    assert "Still nothing" in note_of(client, company, session_id)
    after = edit(client, company, outcome, "take-back")
    assert (node_of(after), after["trail"]) == ("switch_on", ["power"])
    assert "Still nothing" not in note_of(client, company, session_id)


def test_what_was_taken_back_cannot_be_taken_back_again(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    edit(client, company, answer, "take-back")
    assert ask(client, company, answer, "take-back").status_code == 409
    step = _steps(read(client, company, session_id), "answer")[0]
    assert step["taken_back"]["by"] == str(company.users[Role.ENGINEER])
    assert step["allowed"] == []


def test_a_session_that_has_moved_on_takes_nothing_back(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    take(client, company, session_id, outcome="Still nothing")
    refused = ask(client, company, answer, "take-back", node="switch_on", after_step=1)
    assert refused.status_code == 409
    assert refused.json()["current"]["id"] == "queue"
    assert read(client, company, session_id)["step_count"] == 2


def test_an_answer_before_a_sub_flow_leaves_it(client: TestClient, company: Company) -> None:
    reset = publish(client, company, "Password reset", RESET)
    outer = publish(client, company, "Cannot sign in", sign_in(reset))
    session_id = start(client, company, problem_summary=PROBLEM, flow_id=str(outer))["id"]
    before = read(client, company, session_id)
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    take(client, company, session_id, choice="Yes")
    after = edit(client, company, answer, "take-back")
    assert after["current"] == before["current"]
    assert after["trail"] == []
    assert len(_steps(after, "take_back")[0]["content"]["also"]) == 2


def test_the_choice_of_a_flow_is_taken_back_and_its_path_goes_on(
    client: TestClient, company: Company, session_id: str
) -> None:
    first = take(client, company, session_id, choice="No")
    other = publish(client, company, "Password reset", RESET)
    chosen = client.post(
        f"{SESSIONS}/{session_id}/flow", json={"flow_id": str(other)}, headers=company.headers(Role.ENGINEER)
    )
    answer = newest(take(client, company, session_id, choice="Yes"), "answer")
    choice = newest(chosen.json(), "flow")
    after = edit(client, company, choice, "take-back")
    assert (node_of(after), after["trail"]) == ("switch_on", ["power"])
    kept = ("matched_flow_id", "flow_name", "flow_version", "confidence", "confidence_tier")
    assert [after[name] for name in kept] == [first[name] for name in kept]
    assert answer["id"] not in after["standing"]
    take(client, company, session_id, outcome="It prints", node="switch_on")


def test_traffic_counts_what_was_not_taken_back(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    session = start(client, company, flow_id=str(flow_id))["id"]
    answer = newest(take(client, company, session, choice="No"), "answer")
    take(client, company, session, outcome="Still nothing")
    edit(client, company, answer, "take-back")
    take(client, company, session, choice="Yes")
    found = client.get(f"/api/v1/analytics/flowpilot/flows/{flow_id}/traffic", headers=company.headers()).json()
    assert [(one["node"], one["label"], one["n"]) for one in found["edges"]] == [("power", "Yes", 1)]


@pytest.mark.anyio
async def test_the_report_of_endings_has_what_seniors_did_in_its_last_wording(
    client: TestClient, company: Company, database: Database, session_id: str
) -> None:
    handoff = send_escalation(client, company, session_id).json()
    done(act(client, handoff, "claim", company.headers(Role.TEAM_ADMIN)))
    said = [
        newest(take(client, company, session_id, Role.TEAM_ADMIN, free_text=text), "answer")
        for text in ("Changed the toner.", "Looked at the wrong printer.", "Restarted the print server.")
    ]
    edit(client, company, said[0], "correct", Role.TEAM_ADMIN, text="Changed the drum.")
    edit(client, company, said[1], "strike", Role.TEAM_ADMIN)
    async with database.read(company.id) as db:
        report = await flow_endings(db, window(company.id, now=now(), account_timezone="UTC"))
    [node] = report.nodes
    assert {one.text for one in node.seniors_did} == {"Changed the drum.", "Restarted the print server."}


def test_a_session_that_has_ended_takes_back_no_answers(
    client: TestClient, company: Company, session_id: str
) -> None:
    answer = newest(take(client, company, session_id, choice="No"), "answer")
    take(client, company, session_id, outcome="It prints")
    client.post(
        f"{SESSIONS}/{session_id}/resolve", json={"summary": "On."}, headers=company.headers(Role.ENGINEER)
    )
    refused = ask(client, company, answer, "take-back")
    assert (refused.status_code, refused.json()["session_status"]) == (409, "resolved")


def test_a_flow_that_was_never_chosen_is_not_taken_back(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    missing = {"session_id": session_id, "id": str(uuid.uuid4())}
    assert ask(client, company, missing, "take-back").status_code == 404
