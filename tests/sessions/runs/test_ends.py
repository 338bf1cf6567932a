"""A checklist is left and a run is ended only when what is required is done or waived."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.flows import post, read, take
from tests.sessions.runs.procedure import NEW_PC, do_all, mark, start_run

OPEN = "“Join [Name of the PC].”, “Label it.”, “Name of the PC”"
NAMES = ["Join [Name of the PC].", "Label it.", "Name of the PC"]


@pytest.mark.parametrize(
    ("action", "body", "what"),
    [
        ("steps", {"outcome": "Done"}, "The session cannot go on"),
        ("resolve", {"summary": "All is set up."}, "The session cannot be resolved"),
    ],
)
def test_it_is_refused_while_something_required_is_open(
    client: TestClient, company: Company, run_id: str, action: str, body: dict[str, Any], what: str
) -> None:
    answer = post(client, company, f"{run_id}/{action}", **body)
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"{what} while this is open: {OPEN}. Do it, or waive it with a reason."
    assert [one.get("item") or one["field"] for one in answer.json()["missing"]] == ["join", "label", "name"]
    state = read(client, company, run_id)
    assert (state["current"]["missing"], state["missing"]) == (NAMES, NAMES)


def test_it_ends_when_all_that_is_required_is_done(client: TestClient, company: Company, run_id: str) -> None:
    state = do_all(client, company, run_id)
    assert (state["current"]["missing"], state["progress"]["required_done"]) == ([], 3)
    take(client, company, run_id, outcome="Done")
    assert post(client, company, f"{run_id}/resolve", summary="Ready.").json()["status"] == "resolved"


def test_it_ends_when_the_rest_is_waived(client: TestClient, company: Company, run_id: str) -> None:
    mark(client, company, run_id, do="fill", field="name", value="PC-12")
    mark(client, company, run_id, do="tick", item="join")
    mark(client, company, run_id, do="waive", item="label", reason="No labels left.")
    take(client, company, run_id, outcome="Done")
    assert post(client, company, f"{run_id}/resolve", summary="Ready.").json()["status"] == "resolved"


def test_what_is_undone_later_prevents_the_end_again(client: TestClient, company: Company, run_id: str) -> None:
    do_all(client, company, run_id)
    take(client, company, run_id, outcome="Done")
    mark(client, company, run_id, do="undo", field="name")
    answer = post(client, company, f"{run_id}/resolve", summary="Ready.")
    assert (answer.status_code, answer.json()["missing"]) == (409, [{"field": "name", "label": "Name of the PC"}])


def test_a_procedure_is_resolved_at_an_end_of_its_path_only(client: TestClient, company: Company) -> None:
    asked: dict[str, Any] = {
        "kind": "question",
        "text": "Which PC?",
        "choices": [{"label": "New", "next": "set_up"}],
    }
    asked["choices"].append({"label": "None", "next": "done"})
    tree = {"root": "ask", "nodes": NEW_PC["nodes"] | {"ask": asked}}
    run_id = start_run(client, company, tree=tree)
    state = read(client, company, run_id)
    assert ("resolve" in state["allowed"], "mark" in state["allowed"], state["missing"]) == (False, False, NAMES)
    answer = post(client, company, f"{run_id}/resolve", summary="It works.")
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        f"The session cannot be resolved before the end of its procedure. Still ahead: {OPEN}. "
        "Go on, or follow another flow."
    )
    assert [one.get("item") or one["field"] for one in answer.json()["missing"]] == ["join", "label", "name"]
    assert "resolve" in take(client, company, run_id, choice="None")["allowed"]


def test_troubleshooting_is_resolved_anywhere(client: TestClient, company: Company) -> None:
    run_id = start_run(client, company, type="troubleshooting")
    do_all(client, company, run_id)
    assert post(client, company, f"{run_id}/resolve", summary="It works.").status_code == 200


def test_what_was_left_open_is_done_or_waived_later(client: TestClient, company: Company, run_id: str) -> None:
    state = take(client, company, run_id, outcome="It is broken")
    assert [(one["id"], one["place"]) for one in state["left_open"]] == [("join", "set_up"), ("label", "set_up")]
    assert "resolve" not in state["allowed"]
    mark(client, company, run_id, do="fill", field="name", value="PC-12")
    mark(client, company, run_id, do="tick", item="join", place="set_up")
    state = mark(client, company, run_id, do="waive", item="label", place="set_up", reason="It went back.")
    assert state["missing"] == []
    assert [(one["id"], one["state"], one["reason"]) for one in state["left_open"]] == [
        ("label", "waived", "It went back.")
    ]
    assert post(client, company, f"{run_id}/resolve", summary="It went back.").status_code == 200


def test_a_checklist_that_was_begun_is_not_left_for_another_flow_or_none(
    client: TestClient, company: Company, run_id: str
) -> None:
    mark(client, company, run_id, do="tick", item="unpack")
    answer = post(client, company, f"{run_id}/flow", flow_id=None)
    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("The flow cannot be left while this is open:")


def test_one_that_was_not_begun_can_be_left(client: TestClient, company: Company, run_id: str) -> None:
    assert post(client, company, f"{run_id}/flow", flow_id=None).status_code == 200


def test_abandoning_stays_possible(client: TestClient, company: Company, run_id: str) -> None:
    assert post(client, company, f"{run_id}/abandon").json()["status"] == "abandoned"


def test_what_cannot_be_done_leads_to_its_escalation(client: TestClient, company: Company, run_id: str) -> None:
    assert read(client, company, run_id)["current"]["waiting"] == ["Done"]
    assert take(client, company, run_id, outcome="It is broken")["current"]["id"] == "hand_over"
    assert post(client, company, f"{run_id}/resolve", summary="Never mind.").status_code == 409


def test_a_handoff_is_not_closed_as_resolved_either(client: TestClient, company: Company, run_id: str) -> None:
    handoff = send_escalation(client, company, run_id).json()["id"]
    senior = company.headers(Role.TEAM_ADMIN)
    assert client.post(f"/api/v1/handoffs/{handoff}/claim", headers=senior).status_code == 200
    body = {"outcome": "resolved", "note": "All done."}
    assert client.post(f"/api/v1/handoffs/{handoff}/close", headers=senior, json=body).status_code == 409
    snapshot = client.get(f"/api/v1/handoffs/{handoff}", headers=senior).json()["snapshot"]
    assert (snapshot["run"]["done"], snapshot["run"]["total"]) == (0, 5)
    assert snapshot["run"]["open"][0] == {"text": "Unpack it.", "required": False, "is_field": False}
