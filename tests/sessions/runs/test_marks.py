"""Ticking, filling in, waiving and undoing: what is recorded, by whom, and what stands of it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import count_wrong, go_back, post, read, start, take
from tests.sessions.runs.procedure import do_all, mark, publish_procedure, start_run, try_to


def items(state: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["state"] for section in state["current"]["sections"] for item in section["items"]}


def kinds(state: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in state["steps"]]


def test_a_tick_is_a_step_with_its_actor_and_time(client: TestClient, company: Company, run_id: str) -> None:
    state = mark(client, company, run_id, Role.TEAM_ADMIN, do="tick", item="unpack")
    [step] = state["steps"]
    assert (step["kind"], step["is_free_text"]) == ("tick", False)
    assert step["content"] == {"item": "unpack", "text": "Unpack it.", "node": "set_up", "next": "set_up"}
    item = state["current"]["sections"][0]["items"][0]
    assert (item["state"], item["by"], item["at"]) == (
        "done",
        str(company.users[Role.TEAM_ADMIN]),
        step["created_at"],
    )
    assert (state["step_count"], state["progress"]["done"], state["progress"]["total"]) == (1, 1, 5)
    assert count_wrong(company) == 0


def test_ticking_twice_is_recorded_once(client: TestClient, company: Company, run_id: str) -> None:
    mark(client, company, run_id, do="tick", item="unpack")
    state = mark(client, company, run_id, Role.TEAM_ADMIN, do="tick", item="unpack")
    assert kinds(state) == ["tick"]


def test_a_value_is_used_in_later_texts(client: TestClient, company: Company, run_id: str) -> None:
    assert read(client, company, run_id)["current"]["text"] == "Set up [Name of the PC]."
    state = mark(client, company, run_id, do="fill", field="name", value=" PC-12 ")
    current = state["current"]
    assert (current["text"], current["fields"][0]["value"]) == ("Set up PC-12.", "PC-12")
    assert "Rename-Computer PC-12" in current["help"]
    assert current["sections"][0]["items"][1]["text"] == "Join PC-12."
    assert "PC-12 is ready." in [node["text"] for node in state["ahead"]]
    assert state["steps"][0]["content"] == {
        "field": "name",
        "label": "Name of the PC",
        "value": "PC-12",
        "node": "set_up",
        "next": "set_up",
    }


def test_a_value_can_be_corrected_later_and_only_the_newest_counts(
    client: TestClient, company: Company, run_id: str
) -> None:
    do_all(client, company, run_id)
    take(client, company, run_id, outcome="Done")
    state = mark(client, company, run_id, do="fill", field="name", value="PC-13")
    assert state["current"]["text"] == "PC-13 is ready."
    fills = [step for step in state["steps"] if step["kind"] == "fill"]
    assert [step["id"] in state["standing"] for step in fills] == [False, True]


def test_a_value_that_does_not_fit_is_refused_at_its_field(
    client: TestClient, company: Company, run_id: str
) -> None:
    answer = try_to(client, company, run_id, do="fill", field="bought", value="yesterday")
    assert (answer.status_code, answer.json()["field"]) == (422, "bought")
    assert answer.json()["detail"] == "Bought on must be a date as YYYY-MM-DD, such as 2026-11-30."


def test_what_is_undone_does_not_count(client: TestClient, company: Company, run_id: str) -> None:
    mark(client, company, run_id, do="tick", item="join")
    state = mark(client, company, run_id, do="undo", item="join")
    assert (kinds(state), state["standing"], items(state)["join"]) == (["tick", "undo"], [], "open")
    assert kinds(mark(client, company, run_id, do="undo", item="join")) == ["tick", "undo"]


def test_a_waiver_has_a_reason_and_a_tick_replaces_it(client: TestClient, company: Company, run_id: str) -> None:
    state = mark(client, company, run_id, do="waive", item="label", reason="The client has none.")
    item = state["current"]["sections"][1]["items"][0]
    assert (item["state"], item["reason"]) == ("waived", "The client has none.")
    assert items(mark(client, company, run_id, do="tick", item="label"))["label"] == "done"


def test_what_is_done_is_not_waived(client: TestClient, company: Company, run_id: str) -> None:
    mark(client, company, run_id, do="tick", item="label")
    answer = try_to(client, company, run_id, do="waive", item="label", reason="No labels.")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "“Label it.” is done, so there is nothing to waive. Undo it first."


@pytest.mark.parametrize(
    "body",
    [
        {"do": "tick"},
        {"do": "tick", "field": "name"},
        {"do": "fill", "item": "join", "value": "x"},
        {"do": "waive", "item": "join", "reason": "  "},
        {"do": "tick", "item": "join", "field": "name"},
        {"do": "tick", "item": "no-such-item"},
        {"do": "fill", "field": "no_such_field", "value": "x"},
        {"do": "fill", "field": "name", "value": ""},
    ],
)
def test_what_makes_no_sense_is_refused(
    client: TestClient, company: Company, run_id: str, body: dict[str, Any]
) -> None:
    assert try_to(client, company, run_id, **body).status_code == 422
    assert read(client, company, run_id)["steps"] == []


def test_going_back_keeps_what_was_done(client: TestClient, company: Company, run_id: str) -> None:
    do_all(client, company, run_id)
    take(client, company, run_id, outcome="Done")
    assert items(go_back(client, company, run_id)) == {"unpack": "open", "join": "done", "label": "done"}


def test_an_item_of_another_node_is_refused_with_where_the_session_is(
    client: TestClient, company: Company, run_id: str
) -> None:
    do_all(client, company, run_id)
    take(client, company, run_id, outcome="Done")
    answer = try_to(client, company, run_id, do="undo", item="join", node="set_up")
    assert (answer.status_code, answer.json()["current"]["id"]) == (409, "done")


def test_marks_of_others_do_not_make_a_page_outdated(client: TestClient, company: Company, run_id: str) -> None:
    do_all(client, company, run_id)
    seen = read(client, company, run_id)["step_count"]
    mark(client, company, run_id, Role.TEAM_ADMIN, do="tick", item="unpack")
    state = take(client, company, run_id, outcome="Done", node="set_up", after_step=seen)
    assert state["current"]["id"] == "done"


def test_the_list_shows_how_far_a_run_is(client: TestClient, company: Company, run_id: str) -> None:
    mark(client, company, run_id, do="tick", item="join")
    start(client, company, problem_summary="Something odd happens with my chair")
    rows = client.get("/api/v1/ai-sessions", headers=company.headers()).json()["items"]
    assert [row["progress"] for row in rows] == [
        None,
        {"done": 1, "total": 5, "required_done": 1, "required_total": 3},
    ]


def test_fields_are_asked_in_troubleshooting_flows_too(client: TestClient, company: Company) -> None:
    run_id = start_run(client, company, type="troubleshooting")
    state = mark(client, company, run_id, do="fill", field="name", value="PC-1")
    assert (state["current"]["text"], state["progress"]) == ("Set up PC-1.", None)


def test_another_flow_begins_with_the_values_that_are_known_and_nothing_ticked(
    client: TestClient, company: Company, run_id: str
) -> None:
    mark(client, company, run_id, do="fill", field="bought", value="2026-11-01")
    other = publish_procedure(client, company, name="New laptop")
    waived = [("item", "join"), ("item", "label"), ("field", "name")]
    for kind, name in waived:
        body: dict[str, Any] = {kind: name}
        mark(client, company, run_id, do="waive", reason="A laptop.", **body)
    state = post(client, company, f"{run_id}/flow", flow_id=other).json()
    assert [one["value"] for one in state["current"]["fields"]] == ["", "2026-11-01"]
    assert state["progress"]["done"] == 1
    # It was not begun by a value from before, so it can still be left.
    assert post(client, company, f"{run_id}/flow", flow_id=None).status_code == 200
