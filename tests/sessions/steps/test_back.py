"""Back takes back the newest answer or outcome, which is said before: it no longer counts, and stays on record."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join, send_escalation
from tests.sessions.flows import (
    SESSIONS,
    count_wrong,
    go_back,
    node_of,
    post,
    read,
    start,
    take,
)


def test_back_leads_to_the_node_before(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    before = take(client, company, session_id, outcome="Still nothing")
    outcome = before["steps"][-1]
    assert before["back"] == outcome["id"]
    state = go_back(client, company, session_id)
    assert (node_of(state), state["trail"]) == ("switch_on", ["power"])
    step = state["steps"][-1]
    assert (step["kind"], step["position"]) == ("take_back", 3)
    place = {"node": "switch_on", "next": "switch_on"}
    assert step["content"] == {"step": outcome["id"], "also": [], "moves": 1, **place}
    assert step["actor_id"] == str(company.users[Role.ENGINEER])


def test_back_twice_leads_to_the_beginning(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, outcome="Still nothing")
    go_back(client, company, session_id)
    state = go_back(client, company, session_id)
    assert (node_of(state), state["trail"], state["step_count"]) == ("power", [], 4)


def test_at_the_beginning_there_is_nothing_to_take_back(
    client: TestClient, company: Company, session_id: str
) -> None:
    assert take(client, company, session_id, free_text="It blinks.")["back"] is None
    answer = post(client, company, f"{session_id}/back")
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:flowpilot:problem:nothing-to-take-back"
    assert read(client, company, session_id)["step_count"] == 1


def test_a_step_cannot_be_taken_back_twice(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    go_back(client, company, session_id)
    assert post(client, company, f"{session_id}/back").status_code == 409


def test_another_choice_may_be_made_then(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    go_back(client, company, session_id)
    state = take(client, company, session_id, choice="Yes")
    assert (node_of(state), state["trail"]) == ("queue", ["power"])
    assert [step["content"].get("choice") for step in state["steps"]] == ["No", None, "Yes"]


def test_the_note_and_the_snapshot_do_not_say_what_was_taken_back_but_the_steps_do(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    go_back(client, company, session_id)
    take(client, company, session_id, choice="Yes")
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers()).text
    assert "Is the printer on? Yes" in note
    assert "Is the printer on? No" not in note
    handed = post(client, company, f"{session_id}/handoffs", reason="Out of ideas.").json()
    assert [fact["choice"] for fact in handed["snapshot"]["facts"]] == ["Yes"]
    steps = read(client, company, session_id)["steps"]
    assert [step["kind"] for step in steps] == ["answer", "take_back", "answer"]
    assert steps[0]["content"]["choice"] == "No"
    assert count_wrong(company) == 0


def test_an_outcome_is_taken_back_with_its_note_and_notes_of_their_own_stay(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    take(client, company, session_id, outcome="Still nothing", note="Dark.")
    take(client, company, session_id, free_text="The socket is loose.")
    go_back(client, company, session_id)
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers()).text
    assert "Still nothing" not in note
    assert "Dark." not in note
    assert "The socket is loose." in note


def test_going_back_is_the_same_as_taking_back_the_newest(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, choice="No")
    back = go_back(client, company, session_id)["steps"][-1]["content"]
    answer = take(client, company, session_id, choice="No")["steps"][-1]["id"]
    taken = post(client, company, f"{session_id}/steps/{answer}/take-back").json()["steps"][-1]["content"]
    assert taken == back | {"step": answer}


def test_nobody_is_offered_to_take_back_what_a_colleague_answered(
    client: TestClient, company: Company, session_id: str
) -> None:
    ann = join(client, company, "Ann")
    handoff = send_escalation(client, company, session_id).json()
    done(act(client, handoff, "claim", ann.headers))
    client.post(f"{SESSIONS}/{session_id}/steps", json={"choice": "No"}, headers=ann.headers)
    assert client.get(f"{SESSIONS}/{session_id}", headers=ann.headers).json()["back"] is not None
    assert read(client, company, session_id)["back"] is None


def test_back_does_not_lead_into_the_flow_before(client: TestClient, company: Company, session_id: str) -> None:
    flow_id = read(client, company, session_id)["matched_flow_id"]
    take(client, company, session_id, choice="No")
    state = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert (node_of(state), state["trail"]) == ("power", [])
    assert post(client, company, f"{session_id}/back").status_code == 409


def test_without_a_flow_there_is_no_way_back(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary="Something odd happens with my chair")["id"]
    take(client, company, session_id, free_text="It squeaks.")
    assert post(client, company, f"{session_id}/back").status_code == 409
