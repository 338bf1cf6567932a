"""What counts as an action of the claimant, and what follows from it."""

from datetime import datetime

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import (
    act,
    check_laws,
    claimed_by_kim,
    done,
    hand_over,
    join,
    queue_ids,
    read,
    send_escalation,
)
from tests.sessions.flows import publish_printer_flow


def _step(client: TestClient, session_id: str, who: dict[str, str]) -> None:
    path = f"/api/v1/ai-sessions/{session_id}/steps"
    client.post(path, headers=who, json={"free_text": "I looked at it."}).raise_for_status()


def test_the_claimants_own_first_step_is_known_beside_it(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    engineer = company.headers(Role.ENGINEER)
    for who in (engineer, senior.headers, senior.headers):
        _step(client, handoff["session_id"], who)
    found = read(client, company, handoff)
    first, own, _ = [at for (at,) in company.query("SELECT created_at FROM ai_session_steps ORDER BY position")]
    assert datetime.fromisoformat(found["first_action_at"]) == first
    assert datetime.fromisoformat(found["claimant_action_at"]) == own
    kinds = [event["kind"] for event in found["events"]]
    assert kinds == ["created", "claimed", "first_action", "claimant_action"]
    assert [event["content"]["by_claimant"] for event in found["events"][2:]] == [False, True]
    check_laws(company)


def test_to_edit_an_earlier_step_is_no_action_of_the_claimant(client: TestClient, company: Company) -> None:
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    _step(client, handoff["session_id"], company.headers(Role.ENGINEER))
    done(act(client, handoff, "claim", senior.headers))
    [(step,)] = company.query("SELECT id FROM ai_session_steps")
    path = f"/api/v1/ai-sessions/{handoff['session_id']}/steps/{step}/correct"
    done(client.post(path, headers=senior.headers, json={"text": "I looked at the cable."}))
    found = read(client, company, handoff)
    assert (found["first_action_by"]["name"], found["claimant_action_at"]) == ("Kim", None)
    assert found["lease_expires_at"] is not None
    _step(client, handoff["session_id"], senior.headers)
    found = read(client, company, handoff)
    assert (found["claimant_action_at"] is None, found["lease_expires_at"]) == (False, None)
    assert [event["content"]["by_claimant"] for event in found["events"][2:]] == [False, True]
    check_laws(company)


def test_to_choose_or_leave_a_flow_is_no_action_of_the_claimant(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    path = f"/api/v1/ai-sessions/{handoff['session_id']}/flow"
    other = str(publish_printer_flow(client, company))
    for flow_id in (None, other, None):
        done(client.post(path, headers=senior.headers, json={"flow_id": flow_id}))
    found = read(client, company, handoff)
    assert (found["first_action_by"]["name"], found["claimant_action_at"]) == ("Kim", None)
    assert found["lease_expires_at"] is not None
    assert queue_ids(client, company) == [handoff["id"]]
    _step(client, handoff["session_id"], senior.headers)
    found = read(client, company, handoff)
    assert (found["claimant_action_at"] is None, found["lease_expires_at"]) == (False, None)
    check_laws(company)


def test_a_step_after_the_end_is_no_action_of_the_claimant_in_it(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="returned"))
    again = send_escalation(client, company, handoff["session_id"]).json()
    done(act(client, again, "claim", senior.headers))
    _step(client, handoff["session_id"], senior.headers)
    first, second = read(client, company, handoff), read(client, company, again)
    assert (first["first_action_at"] is None, first["claimant_action_at"]) == (False, None)
    assert second["claimant_action_at"] == second["first_action_at"] == first["first_action_at"]
    check_laws(company)


def test_it_waits_in_the_queue_until_the_claimant_acts(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    _step(client, handoff["session_id"], company.headers(Role.ENGINEER))
    assert queue_ids(client, company) == [handoff["id"]]
    _step(client, handoff["session_id"], senior.headers)
    assert (queue_ids(client, company), queue_ids(client, company, state="acted")) == ([], [handoff["id"]])
