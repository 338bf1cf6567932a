"""Releasing and reassigning: a claim is given back, and the handoff is as if it had never been made."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, check_laws, claimed_by_kim, done, hand_over, jobs_of, join, status_of

BUSY = "Called away to another customer."


def _step(client: TestClient, session_id: str, who: dict[str, str]) -> int:
    path = f"/api/v1/ai-sessions/{session_id}/steps"
    return client.post(path, headers=who, json={"free_text": "I looked at it."}).status_code


def _read(client: TestClient, handoff: dict[str, Any], who: dict[str, str]) -> dict[str, Any]:
    return done(client.get(f"/api/v1/handoffs/{handoff['id']}", headers=who))


def test_a_release_clears_the_claim(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    _step(client, handoff["session_id"], senior.headers)
    released = done(act(client, handoff, "release", senior.headers, reason=BUSY))
    cleared = ("claimed_by", "claimed_at", "first_action_at", "first_action_by", "lease_expires_at")
    assert [released[field] for field in (*cleared, "claimant_action_at")] == [None] * 6
    assert (released["session_status"], released["closed_at"]) == ("requesting_escalation", None)
    check_laws(company)


def test_the_events_keep_the_claim(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    _step(client, handoff["session_id"], senior.headers)
    events = done(act(client, handoff, "release", senior.headers, reason=BUSY))["events"]
    assert [event["kind"] for event in events] == ["created", "claimed", "first_action", "released"]
    assert [event["actor_id"] for event in events[1:]] == [str(senior.id)] * 3
    assert events[3]["content"] == {"reason": BUSY, "holder": str(senior.id)}


def test_people_are_notified(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "release", senior.headers, reason=BUSY))
    [(event_id,)] = company.query("SELECT id FROM handoff_events WHERE kind = 'released'")
    assert str(event_id) in {job["event_id"] for job in jobs_of(company, NOTIFY_JOB)}


def test_the_session_is_the_escalating_engineers_again(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "release", senior.headers, reason=BUSY))
    assert company.query("SELECT owner_id FROM ai_sessions") == [(company.users[Role.ENGINEER],)]
    assert _step(client, handoff["session_id"], senior.headers) == 403


def test_the_change_of_status_says_why(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "release", senior.headers, reason=BUSY))
    query = "SELECT to_status, actor_id, reason FROM ai_session_status_changes ORDER BY created_at DESC LIMIT 1"
    assert company.query(query) == [("requesting_escalation", senior.id, BUSY)]


def test_it_is_back_in_the_queue_at_its_place(client: TestClient, company: Company) -> None:
    """A wait does not start over: it is the oldest again, and so the first."""
    first, senior = claimed_by_kim(client, company)
    second = hand_over(client, company)

    def queue() -> list[str]:
        items = done(client.get("/api/v1/handoffs", headers=senior.headers))["items"]
        return [item["id"] for item in items]

    assert queue() == [second["id"], first["id"]]
    done(act(client, first, "release", senior.headers, reason=BUSY))
    assert queue() == [first["id"], second["id"]]


def test_it_can_be_claimed_again_and_counts_from_then_on(client: TestClient, company: Company) -> None:
    handoff, first = claimed_by_kim(client, company)
    _step(client, handoff["session_id"], first.headers)
    done(act(client, handoff, "release", first.headers, reason=BUSY))
    second = join(client, company, "Lou")
    again = done(act(client, handoff, "claim", second.headers))
    assert (again["claimed_by"]["name"], again["first_action_at"]) == ("Lou", None)
    assert again["claimant_action_at"] is None
    assert again["claimed_at"] > handoff["claimed_at"]
    _step(client, handoff["session_id"], second.headers)
    assert _read(client, handoff, second.headers)["first_action_by"]["name"] == "Lou"
    check_laws(company)


def test_even_by_the_same_senior(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "release", senior.headers, reason=BUSY))
    done(act(client, handoff, "claim", senior.headers))
    assert company.query("SELECT count(*) FROM handoff_events WHERE kind = 'claimed'") == [(2,)]
    check_laws(company)


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 201}])
def test_a_release_needs_a_reason(client: TestClient, company: Company, body: dict[str, str]) -> None:
    handoff, senior = claimed_by_kim(client, company)
    path = f"/api/v1/handoffs/{handoff['id']}/release"
    assert client.post(path, headers=senior.headers, json=body).status_code == 422
    assert _read(client, handoff, senior.headers) == handoff


def test_only_the_holder_and_admins_release(client: TestClient, company: Company) -> None:
    handoff, _ = claimed_by_kim(client, company)
    stranger = join(client, company, "Lou").headers
    for who in (stranger, company.headers(Role.ENGINEER), company.headers(Role.VIEWER)):
        assert act(client, handoff, "release", who, reason=BUSY).status_code == 403
    released = done(act(client, handoff, "release", company.headers(Role.TEAM_ADMIN), reason=BUSY))
    admin, holder = str(company.users[Role.TEAM_ADMIN]), handoff["claimed_by"]["id"]
    assert (released["events"][-1]["actor_id"], released["events"][-1]["content"]["holder"]) == (admin, holder)


def test_an_unclaimed_handoff_is_not_released(client: TestClient, company: Company) -> None:
    refused = act(client, hand_over(client, company), "release", company.headers(), reason=BUSY)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:handoff-changed")


def test_a_closed_one_is_not_released(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="parked"))
    for action, body in (("release", {"reason": BUSY}), ("reassign", {"target_user_id": None})):
        refused = act(client, handoff, action, senior.headers, **body)
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:handoff-closed")


@pytest.mark.parametrize(
    ("action", "body"), [("release", {"reason": BUSY}), ("reassign", {"target_user_id": None})]
)
def test_a_neighbours_handoff_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company, action: str, body: dict[str, Any]
) -> None:
    handoff, _ = claimed_by_kim(client, company)
    answers = [act(client, what, action, neighbour.headers(), **body) for what in (handoff, {"id": new_id()})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_a_waiting_one_is_assigned_to_somebody_else(client: TestClient, company: Company) -> None:
    handoff, kim = hand_over(client, company), join(client, company, "Kim")
    engineer = company.headers(Role.ENGINEER)
    meant = done(act(client, handoff, "reassign", engineer, target_user_id=str(kim.id)))
    assert (meant["target"], meant["session_status"]) == (
        {"id": str(kim.id), "name": "Kim"},
        "requesting_escalation",
    )
    assert meant["events"][-1]["kind"] == "reassigned"
    assert meant["events"][-1]["content"] == {"target": str(kim.id), "holder": None}
    anybody = done(act(client, handoff, "reassign", engineer, target_user_id=None))
    assert anybody["target"] is None
    check_laws(company)


def test_a_claimed_one_goes_back_to_the_queue_for_its_target(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    lou = join(client, company, "Lou")
    _step(client, handoff["session_id"], kim.headers)
    meant = done(act(client, handoff, "reassign", kim.headers, target_user_id=str(lou.id)))
    assert (meant["target"]["name"], meant["claimed_by"], meant["first_action_at"]) == ("Lou", None, None)
    assert meant["events"][-1]["content"] == {"target": str(lou.id), "holder": str(kim.id)}
    assert status_of(client, company, handoff["session_id"]) == "requesting_escalation"
    check_laws(company)


def test_who_may_reassign(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    stranger = join(client, company, "Lou").headers
    for who in (stranger, company.headers(Role.VIEWER)):
        assert act(client, handoff, "reassign", who, target_user_id=None).status_code == 403
    for who in (company.headers(Role.TEAM_ADMIN), company.headers(Role.ENGINEER)):
        done(act(client, handoff, "reassign", who, target_user_id=None))
        done(act(client, handoff, "claim", kim.headers))
    done(act(client, handoff, "reassign", kim.headers, target_user_id=None))


def test_it_is_not_assigned_to_people_who_cannot_claim(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    handoff, kim = claimed_by_kim(client, company)
    company.let_sign_in(company.users[Role.ENGINEER], company.users[Role.VIEWER])

    def refused(target: uuid.UUID) -> int:
        return act(client, handoff, "reassign", kim.headers, target_user_id=str(target)).status_code

    assert refused(company.users[Role.ENGINEER]) == 409
    for target in (new_id(), company.users[Role.VIEWER], neighbour.users[Role.OWNER]):
        assert refused(target) == 422
    assert _read(client, handoff, kim.headers) == handoff
