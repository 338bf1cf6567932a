"""Members who are removed or become viewers hand over what they hold, in the same act."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, act, check_laws, done, hand_over, jobs_of, join, queue_ids, read
from tests.handoffs.leaving.leavers import (
    MEMBERS,
    Leave,
    claimed_by,
    escalated_by,
    lower,
    owner_and_status,
    remove,
    session_of,
)
from tests.sessions.flows import SESSIONS

WAYS = pytest.mark.parametrize(
    ("leave", "why"),
    [(remove, "Its holder has left the account."), (lower, "Its holder is now a viewer.")],
    ids=["removed", "lowered"],
)


@pytest.fixture
def kim(client: TestClient, company: Company) -> Person:
    """Who leaves."""
    return join(client, company, "Kim")


@pytest.fixture
def lou(client: TestClient, company: Company) -> Person:
    """Who stays."""
    return join(client, company, "Lou")


def _unassigned(client: TestClient, company: Company) -> list[str]:
    page = client.get(SESSIONS, params={"unassigned": True}, headers=company.headers(Role.VIEWER)).json()
    return [item["id"] for item in page["items"]]


@WAYS
def test_a_claim_is_released_and_waits_in_the_queue(
    client: TestClient, company: Company, kim: Person, leave: Leave, why: str
) -> None:
    handoff = claimed_by(client, company, kim)
    assert leave(client, company, kim).status_code == 204
    now_ = read(client, company, handoff)
    assert (now_["claimed_by"], now_["target"], now_["session_status"]) == (None, None, "requesting_escalation")
    events = [(event["kind"], event["content"]) for event in now_["events"][2:]]
    assert events == [
        ("released", {"reason": why, "holder": str(kim.id)}),
        ("reassigned", {"target": None, "holder": None}),
    ]
    assert {event["actor_id"] for event in now_["events"][2:]} == {str(company.users[Role.OWNER])}
    assert queue_ids(client, company, state="waiting") == [handoff["id"]]
    check_laws(company)


@WAYS
def test_a_claim_waits_for_the_successor(
    client: TestClient, company: Company, kim: Person, lou: Person, leave: Leave, why: str
) -> None:
    """A claim says that somebody works on it, which only they can say, so it is not claimed for them."""
    handoff = claimed_by(client, company, kim)
    assert leave(client, company, kim, to=lou).status_code == 204
    now_ = read(client, company, handoff)
    assert (now_["claimed_by"], now_["target"]) == (None, {"id": str(lou.id), "name": "Lou"})
    assert now_["events"][-1]["content"] == {"target": str(lou.id), "holder": None}
    done(act(client, handoff, "claim", lou.headers))
    check_laws(company)


def test_people_are_notified_as_of_any_release_and_reassignment(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    claimed_by(client, company, kim)
    remove(client, company, kim, to=lou)
    events = company.query("SELECT id FROM handoff_events WHERE kind IN ('released', 'reassigned')")
    assert {str(event_id) for (event_id,) in events} <= {job["event_id"] for job in jobs_of(company, NOTIFY_JOB)}


def test_the_report_counts_a_release(client: TestClient, company: Company, kim: Person, lou: Person) -> None:
    claimed_by(client, company, kim)
    remove(client, company, kim, to=lou)
    report = client.get("/api/v1/analytics/flowpilot/escalations?period=7d", headers=company.headers())
    assert report.status_code == 200, report.text
    rate = report.json()["quality"]["release_rate"]
    assert (rate["value"], rate["n"]) == (1.0, 1)


@WAYS
def test_their_waiting_handoffs_wait_for_anybody_or_the_successor(
    client: TestClient, company: Company, kim: Person, lou: Person, leave: Leave, why: str
) -> None:
    handoff = hand_over(client, company, target_user_id=str(kim.id))
    leave(client, company, kim)
    assert read(client, company, handoff)["target"] is None
    assert read(client, company, handoff)["events"][-1]["kind"] == "reassigned"
    again = hand_over(client, company, target_user_id=str(lou.id))
    pat = join(client, company, "Pat")
    leave(client, company, lou, to=pat)
    assert read(client, company, again)["target"]["name"] == "Pat"
    check_laws(company)


def test_a_handoff_assigned_to_them_and_claimed_by_another_stays_claimed(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    handoff = hand_over(client, company, target_user_id=str(kim.id))
    claimed = done(act(client, handoff, "claim", lou.headers))
    remove(client, company, kim)
    now_ = read(client, company, handoff)
    assert (now_["claimed_at"], now_["target"]) == (claimed["claimed_at"], None)
    assert now_["events"] == claimed["events"]


def test_a_claim_that_was_assigned_to_somebody_else_waits_for_them_again(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    handoff = claimed_by(client, company, kim, target_user_id=str(lou.id))
    remove(client, company, kim)
    assert read(client, company, handoff)["target"]["name"] == "Lou"


def test_nothing_waits_for_the_engineer_who_escalated_it(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    handoff = done(act(client, escalated_by(client, company, lou), "claim", kim.headers))
    remove(client, company, kim, to=lou)
    assert (read(client, company, handoff)["target"], read(client, company, handoff)["claimed_by"]) == (None, None)
    assert owner_and_status(company, handoff["session_id"]) == (lou.id, "requesting_escalation")


@WAYS
@pytest.mark.parametrize("is_chosen", [True, False])
def test_a_session_is_paused_for_the_successor_or_to_be_taken(
    client: TestClient, company: Company, kim: Person, lou: Person, leave: Leave, why: str, is_chosen: bool
) -> None:
    active, paused = session_of(client, kim), session_of(client, kim)
    client.post(f"{SESSIONS}/{paused}/pause", headers=kim.headers, json={"reason": "Lunch."})
    leave(client, company, kim, to=lou if is_chosen else None)
    for session_id in (active, paused):
        assert owner_and_status(company, session_id) == (lou.id if is_chosen else None, "paused")
    assert sorted(_unassigned(client, company)) == ([] if is_chosen else sorted([active, paused]))
    query = "SELECT actor_id, reason FROM ai_session_status_changes WHERE session_id = %s ORDER BY created_at DESC"
    reason = "Handed over to a colleague." if is_chosen else "Waits for a colleague."
    assert company.query(query, active)[0] == (company.users[Role.OWNER], reason)
    assert company.query(query, paused)[0] == (kim.id, "Lunch.")
    check_laws(company)


def test_the_idle_time_of_a_session_begins_again(client: TestClient, company: Company, kim: Person) -> None:
    session_id = session_of(client, kim)
    client.post(f"{SESSIONS}/{session_id}/pause", headers=kim.headers, json={})
    [(before,)] = company.query("SELECT last_activity_at FROM ai_sessions")
    remove(client, company, kim)
    [(after,)] = company.query("SELECT last_activity_at FROM ai_sessions")
    assert after > before


def test_ended_work_stays_theirs(client: TestClient, company: Company, kim: Person, lou: Person) -> None:
    resolved, abandoned = session_of(client, kim), session_of(client, kim)
    client.post(f"{SESSIONS}/{resolved}/resolve", headers=kim.headers, json={"summary": "It was the fuse."})
    client.post(f"{SESSIONS}/{abandoned}/abandon", headers=kim.headers, json={})
    remove(client, company, kim, to=lou)
    assert owner_and_status(company, resolved) == (kim.id, "resolved")
    assert owner_and_status(company, abandoned) == (kim.id, "abandoned")


@pytest.mark.parametrize("is_chosen", [True, False])
def test_their_escalated_sessions_go_back_to_the_successor_or_become_unassigned(
    client: TestClient, company: Company, kim: Person, lou: Person, is_chosen: bool
) -> None:
    senior = join(client, company, "Senior")
    waiting = escalated_by(client, company, kim)
    claimed = done(act(client, escalated_by(client, company, kim), "claim", senior.headers))
    remove(client, company, kim, to=lou if is_chosen else None)
    successor = lou.id if is_chosen else None
    assert owner_and_status(company, waiting["session_id"]) == (successor, "requesting_escalation")
    assert owner_and_status(company, claimed["session_id"]) == (senior.id, "escalated")
    done(act(client, claimed, "close", senior.headers, outcome="returned"))
    assert owner_and_status(company, claimed["session_id"]) == (successor, "active")
    done(act(client, waiting, "claim", senior.headers))
    done(act(client, waiting, "release", senior.headers, reason="Called away."))
    assert owner_and_status(company, waiting["session_id"]) == (successor, "requesting_escalation")
    done(act(client, waiting, "close", company.headers(Role.TEAM_ADMIN), outcome="parked"))
    assert owner_and_status(company, waiting["session_id"]) == (successor, "paused")
    unassigned = sorted([claimed["session_id"], waiting["session_id"]])
    assert sorted(_unassigned(client, company)) == ([] if is_chosen else unassigned)
    check_laws(company)


def test_the_successor_may_take_the_escalation_back(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    handoff = escalated_by(client, company, kim)
    remove(client, company, kim, to=lou)
    seen = done(client.get(f"/api/v1/handoffs/{handoff['id']}", headers=lou.headers))
    assert (seen["created_by"]["name"], seen["returns_to"]["name"]) == (None, "Lou")
    assert seen["allowed"] == ["claim", "reassign", "close", "give_back"]
    done(act(client, handoff, "close", lou.headers, outcome="returned"))
    assert owner_and_status(company, handoff["session_id"]) == (lou.id, "active")


def test_a_new_role_that_includes_work_leaves_it_to_them(
    client: TestClient, company: Company, lou: Person
) -> None:
    admin = join(client, company, "Kim", Role.TEAM_ADMIN)
    handoff, session_id = claimed_by(client, company, admin), session_of(client, admin)
    path, headers = f"{MEMBERS}/{admin.id}", company.headers()
    assert client.patch(path, json={"role": "engineer"}, headers=headers).status_code == 204
    assert read(client, company, handoff)["claimed_by"]["name"] == "Kim"
    assert owner_and_status(company, session_id) == (admin.id, "active")
    body = {"role": "engineer", "hand_over_to": str(lou.id)}
    refused = client.patch(path, json=body, headers=headers)
    assert refused.status_code == 422
    assert "leave out hand_over_to" in refused.text


@pytest.mark.parametrize("leave", [remove, lower])
def test_only_a_person_who_can_sign_in_and_claim_takes_over(
    client: TestClient, company: Company, neighbour: Company, kim: Person, leave: Leave
) -> None:
    handoff, session_id = claimed_by(client, company, kim), session_of(client, kim)
    others = [company.users[Role.VIEWER], company.add_imported("Ada"), company.users[Role.TEAM_ADMIN]]
    for user_id in (*others, kim.id, neighbour.users[Role.OWNER], uuid.uuid4()):
        refused = leave(client, company, kim, to=Person(user_id, "", {}))
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:flowpilot:problem:not-assignable")
    assert read(client, company, handoff)["claimed_by"]["name"] == "Kim"
    assert owner_and_status(company, session_id) == (kim.id, "active")
    assert company.query("SELECT role FROM memberships WHERE user_id = %s", kim.id) == [("engineer",)]


def test_the_audit_log_says_what_went_where(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    claimed_by(client, company, kim)
    escalated_by(client, company, kim)
    session_of(client, kim)
    session_of(client, kim)
    remove(client, company, kim, to=lou)
    log = client.get("/api/v1/audit-log", params={"action": "member.removed"}, headers=company.headers()).json()
    [entry] = log["items"]
    assert entry["after"].pop("revoked_keys") != []
    assert entry["after"] == {
        "handed_over": {"claimed_handoff": 1, "escalated_handoff": 1, "session": 2},
        "handed_over_to": str(lou.id),
    }


def test_a_members_holdings_are_listed_before(
    client: TestClient, company: Company, kim: Person, lou: Person
) -> None:
    claimed = claimed_by(client, company, kim)
    waiting = hand_over(client, company, target_user_id=str(kim.id))
    made = escalated_by(client, company, kim)
    session_id = session_of(client, kim, "The phone is dead")
    done(act(client, hand_over(client, company, target_user_id=str(kim.id)), "claim", lou.headers))
    answer = client.get(f"{MEMBERS}/{kim.id}/holdings", headers=company.headers(Role.TEAM_ADMIN))
    items: list[dict[str, Any]] = answer.json()["items"]
    printer = "The printer in accounting prints nothing since this morning"
    assert [(item["kind"], item["id"], item["name"]) for item in items[:-1]] == [
        ("claimed_handoff", claimed["id"], printer),
        ("assigned_handoff", waiting["id"], printer),
        ("escalated_handoff", made["id"], "The scanner sends blank pages"),
        ("session", session_id, "The phone is dead"),
    ]
    assert (items[-1]["kind"], items[-1]["name"]) == ("api_key", "Kim")


def test_who_may_see_a_members_holdings(
    client: TestClient, company: Company, neighbour: Company, kim: Person
) -> None:
    path = f"{MEMBERS}/{kim.id}/holdings"
    assert client.get(path, headers=company.headers(Role.ENGINEER)).status_code == 403
    theirs = client.get(path, headers=neighbour.headers())
    nobodys = client.get(f"{MEMBERS}/{uuid.uuid4()}/holdings", headers=company.headers())
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.json()["detail"] == nobodys.json()["detail"]


def test_nothing_of_another_account_is_handed_over(
    client: TestClient, company: Company, neighbour: Company, kim: Person
) -> None:
    """The same person may work in several accounts."""
    session_id = neighbour.add("ai_sessions", user_id=kim.id, owner_id=kim.id, status="active")
    remove(client, company, kim)
    assert neighbour.query("SELECT id, owner_id, status FROM ai_sessions") == [(session_id, kim.id, "active")]
