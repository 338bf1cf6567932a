"""Actions on a session as a whole: pause, end, rate, move to another flow, edit."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS, count_wrong, node_of, post, publish_printer_flow, read, start, take

CHAIR = "Something odd happens with my chair"


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session at the first question of the printer flow."""
    publish_printer_flow(client, company)
    session_id: str = start(client, company, psa_ticket_id="T-1", client_name="Example Client Ltd")["id"]
    return session_id


def _correct(client: TestClient, company: Company, session_id: str, **details: Any) -> httpx2.Response:
    return client.patch(f"{SESSIONS}/{session_id}", headers=company.headers(Role.ENGINEER), json=details)


def test_a_paused_session_stays_at_its_node(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    paused = post(client, company, f"{session_id}/pause", reason=" Waits for toner. ").json()
    assert (paused["status"], node_of(paused)) == ("paused", "queue")
    assert paused["status_changes"][-1]["reason"] == "Waits for toner."
    resumed = post(client, company, f"{session_id}/resume").json()
    assert (resumed["status"], node_of(resumed)) == ("active", "queue")
    assert [change["to_status"] for change in resumed["status_changes"]] == ["active", "paused", "active"]
    assert resumed["step_count"] == 1


def test_a_pause_needs_no_reason(client: TestClient, company: Company, session_id: str) -> None:
    assert post(client, company, f"{session_id}/pause").json()["status_changes"][-1]["reason"] == ""


@pytest.mark.parametrize("reason", ["r" * 5001, "\x00", None, 1])
def test_a_malformed_reason_is_refused(client: TestClient, company: Company, session_id: str, reason: Any) -> None:
    for action in ("pause", "abandon"):
        assert post(client, company, f"{session_id}/{action}", reason=reason).status_code == 422
    assert read(client, company, session_id)["status"] == "active"


def test_it_is_resolved_with_what_solved_it(client: TestClient, company: Company, session_id: str) -> None:
    resolved = post(client, company, f"{session_id}/resolve", summary=" Cleared the queue. ").json()
    assert resolved["status"] == "resolved"
    [step] = resolved["steps"]
    assert (step["kind"], step["content"]) == ("resolution", {"text": "Cleared the queue."})
    assert step["actor_id"] == str(company.users[Role.ENGINEER])
    assert step["created_at"] == resolved["resolved_at"]
    assert resolved["allowed"] == ["reopen", "rate"]
    assert count_wrong(company) == 0


@pytest.mark.parametrize("body", [{}, {"summary": ""}, {"summary": " \n"}, {"summary": None}, {"summary": "\x00"}])
def test_it_is_not_resolved_without_a_summary(
    client: TestClient, company: Company, session_id: str, body: dict[str, Any]
) -> None:
    assert post(client, company, f"{session_id}/resolve", **body).status_code == 422
    assert read(client, company, session_id)["status"] == "active"


def test_a_second_resolution_is_refused_and_the_first_stays(
    client: TestClient, company: Company, session_id: str
) -> None:
    first = post(client, company, f"{session_id}/resolve", summary="Cleared the queue.").json()
    assert post(client, company, f"{session_id}/resolve", summary="Something else.").status_code == 409
    assert read(client, company, session_id) == first


def test_an_abandoned_session_can_be_resumed(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="Yes")
    given_up = post(client, company, f"{session_id}/abandon", reason="The user hung up.").json()
    assert (given_up["status"], given_up["resolved_at"]) == ("abandoned", None)
    resumed = post(client, company, f"{session_id}/resume").json()
    assert (resumed["status"], node_of(resumed), resumed["step_count"]) == ("active", "queue", 1)
    assert node_of(take(client, company, session_id, outcome="It prints")) == "done"


@pytest.mark.parametrize(("end", "body"), [("resolve", {"summary": "Solved."}), ("abandon", {})])
@pytest.mark.parametrize("rating", [1, 5])
def test_an_ended_session_can_be_rated(
    client: TestClient, company: Company, session_id: str, end: str, body: dict[str, Any], rating: int
) -> None:
    ended = post(client, company, f"{session_id}/{end}", **body).json()
    rated = post(client, company, f"{session_id}/rating", rating=rating, comment=" Quick. ").json()
    assert rated == ended | {"session_rating": rating, "rating_comment": "Quick."}


def test_a_rating_may_be_changed(client: TestClient, company: Company, session_id: str) -> None:
    post(client, company, f"{session_id}/abandon")
    post(client, company, f"{session_id}/rating", rating=1, comment="Slow.")
    rated = post(client, company, f"{session_id}/rating", rating=4).json()
    assert (rated["session_rating"], rated["rating_comment"]) == (4, None)


@pytest.mark.parametrize("rating", [0, 6, -1, 2.5, None, "good", [3]])
def test_a_rating_is_one_to_five(client: TestClient, company: Company, session_id: str, rating: Any) -> None:
    post(client, company, f"{session_id}/abandon")
    assert post(client, company, f"{session_id}/rating", rating=rating).status_code == 422
    assert read(client, company, session_id)["session_rating"] is None


def test_an_open_session_cannot_be_rated(client: TestClient, company: Company, session_id: str) -> None:
    answer = post(client, company, f"{session_id}/rating", rating=5)
    assert answer.status_code == 409
    assert "rate" not in answer.json()["allowed"]


def test_another_flow_is_followed_from_its_beginning(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary=CHAIR)["id"]
    take(client, company, session_id, free_text="It squeaks.")
    flow_id = str(publish_printer_flow(client, company))
    session = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert (session["matched_flow_id"], session["flow_version"], node_of(session)) == (flow_id, 1, "power")
    assert (session["confidence"], session["confidence_tier"]) == (1.0, "guided")
    assert (session["problem_domain"], session["suggestion"]) == ("printing", None)
    step = session["steps"][-1]
    assert (step["kind"], step["position"], step["actor_id"]) == ("flow", 2, str(company.users[Role.ENGINEER]))
    assert step["content"] == {"flow_id": flow_id, "name": "Printer prints nothing", "next": "power"}
    assert count_wrong(company) == 0


def test_another_flow_leaves_the_domain_that_is_known(client: TestClient, company: Company) -> None:
    session_id = start(client, company, problem_summary=CHAIR, problem_domain="furniture")["id"]
    flow_id = str(publish_printer_flow(client, company))
    session = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert session["problem_domain"] == "furniture"


def test_no_flow_is_followed_any_more(client: TestClient, company: Company, session_id: str) -> None:
    before = take(client, company, session_id, choice="No")
    [(version,)] = company.query("SELECT flow_version_id FROM ai_sessions WHERE id = %s", session_id)
    session = post(client, company, f"{session_id}/flow", flow_id=None).json()
    assert (session["matched_flow_id"], session["flow_name"], session["flow_version"]) == (None, None, None)
    assert (session["current"], session["trail"]) == (None, [])
    assert (session["confidence"], session["confidence_tier"]) == (0.0, "discovery")
    assert session["steps"][-1]["content"] == {
        "left": before["matched_flow_id"],
        "left_version": str(version),
        "left_confidence": before["confidence"],
    }
    assert session["suggestion"]["steps"][0]["source"] == "rules"
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers()).text
    assert "Is the printer on? No" in note
    assert "Flow:" not in note


@pytest.mark.parametrize("body", [{}, {"flow_id": "printer"}])
def test_which_flow_has_to_be_said(
    client: TestClient, company: Company, session_id: str, body: dict[str, Any]
) -> None:
    assert post(client, company, f"{session_id}/flow", **body).status_code == 422
    assert read(client, company, session_id)["step_count"] == 0


def test_a_neighbours_flow_cannot_be_followed(
    client: TestClient, company: Company, neighbour: Company, session_id: str
) -> None:
    theirs = str(publish_printer_flow(client, neighbour))
    assert post(client, company, f"{session_id}/flow", flow_id=theirs).status_code == 404
    assert node_of(read(client, company, session_id)) == "power"


def test_details_are_corrected_and_what_is_not_sent_stays(
    client: TestClient, company: Company, session_id: str
) -> None:
    before = read(client, company, session_id)
    after = _correct(client, company, session_id, problem_summary=" It prints, but pink. ", psa_ticket_id="T-2")
    assert after.status_code == 200
    changed = {"problem_summary": "It prints, but pink.", "psa_ticket_id": "T-2"}
    moment = {name: after.json()[name] for name in ("last_activity_at", "version")}
    assert after.json() == before | changed | moment
    assert after.json()["version"] > before["version"]
    assert read(client, company, session_id) == after.json()


def test_null_clears_a_detail(client: TestClient, company: Company, session_id: str) -> None:
    nothing = {"problem_domain": None, "psa_ticket_id": None, "client_name": None}
    session = _correct(client, company, session_id, **nothing).json()
    assert nothing.items() <= session.items()


def test_a_session_that_has_ended_can_still_be_linked_to_its_ticket(
    client: TestClient, company: Company, session_id: str
) -> None:
    ended = post(client, company, f"{session_id}/resolve", summary="Solved.").json()
    linked = _correct(client, company, session_id, psa_ticket_id="T-9").json()
    assert (linked["psa_ticket_id"], linked["resolved_at"]) == ("T-9", ended["resolved_at"])


@pytest.mark.parametrize(
    "details",
    [
        {"problem_summary": None},
        {"problem_summary": ""},
        {"problem_summary": "\x00"},
        {"client_name": ""},
        {"psa_ticket_id": "t" * 201},
        {"status": "resolved"},
        {"matched_flow_id": None},
        {"step_count": 7},
    ],
    ids=lambda details: str(details)[:40],
)
def test_a_malformed_or_unknown_detail_is_refused(
    client: TestClient, company: Company, session_id: str, details: dict[str, Any]
) -> None:
    before = read(client, company, session_id)
    assert _correct(client, company, session_id, **{"problem_domain": "else", **details}).status_code == 422
    assert read(client, company, session_id) == before
