"""Sending a handoff back, and saying what could have spared it."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, check_laws, claimed_by_kim, done, hand_over, jobs_of, join, read

WHY = "Which client is it, and since when?"


def _judge(client: TestClient, handoff: dict[str, Any], who: dict[str, str], reason: str | None) -> Any:
    return client.put(f"/api/v1/handoffs/{handoff['id']}/avoidable", headers=who, json={"reason": reason})


@pytest.mark.parametrize("is_claimed", [True, False])
def test_a_handoff_is_sent_back_with_a_reason(client: TestClient, company: Company, is_claimed: bool) -> None:
    """An outcome of its own, and the engineer is notified; nobody has to claim it first."""
    if is_claimed:
        handoff, senior = claimed_by_kim(client, company)
    else:
        handoff, senior = hand_over(client, company), join(client, company, "Kim")
    sent = done(act(client, handoff, "send-back", senior.headers, reason=WHY))
    assert (sent["outcome"], sent["session_status"], sent["allowed"]) == ("sent_back", "active", [])
    event = sent["events"][-1]
    assert (event["kind"], event["content"]) == ("closed", {"outcome": "sent_back", "note": WHY})
    assert company.query("SELECT owner_id FROM ai_sessions") == [(company.users[Role.ENGINEER],)]
    [(event_id,)] = company.query("SELECT id FROM handoff_events WHERE kind = 'closed'")
    assert str(event_id) in {job["event_id"] for job in jobs_of(company, NOTIFY_JOB)}
    check_laws(company)


@pytest.mark.parametrize(("is_incomplete", "outcome"), [(False, "returned"), (True, "sent_back")])
def test_it_is_given_back_by_one_route(
    client: TestClient, company: Company, is_incomplete: bool, outcome: str
) -> None:
    """With what is missing or without, and with what would have spared it."""
    handoff, senior = claimed_by_kim(client, company)
    assert "give_back" in handoff["allowed"]
    assert handoff["given_back_as"] == ["returned", "sent_back"]
    said = {"reason": WHY, "is_incomplete": is_incomplete, "avoidable_reason": "Missing knowledge"}
    given = done(act(client, handoff, "give-back", senior.headers, **said))
    assert (given["outcome"], given["avoidable_reason"]) == (outcome, "Missing knowledge")
    assert given["events"][-1]["content"] == {"outcome": outcome, "note": WHY}
    check_laws(company)


def test_who_takes_it_back_does_not_say_what_would_have_spared_it(client: TestClient, company: Company) -> None:
    """That takes having worked on it."""
    handoff = hand_over(client, company)
    taken = {"reason": "Found it.", "avoidable_reason": "Missing knowledge"}
    refused = act(client, handoff, "give-back", company.headers(Role.ENGINEER), **taken)
    assert refused.status_code == 403
    assert handoff["avoidable_reasons"] == []
    del taken["avoidable_reason"]
    given = done(act(client, handoff, "give-back", company.headers(Role.ENGINEER), **taken))
    assert given["outcome"] == "returned"


def test_a_handoff_says_what_solved_its_session(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    assert handoff["solved_by"] is None
    closed = done(act(client, handoff, "close", senior.headers, outcome="resolved", note="A new fuse."))
    assert (closed["solved_by"], closed["avoidable_reasons"][0]) == ("A new fuse.", "A missing right")


def test_it_is_no_step(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    sent = done(act(client, handoff, "send-back", senior.headers, reason=WHY))
    assert (sent["first_action_at"], sent["claimant_action_at"]) == (None, None)


def test_it_can_be_escalated_again(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "send-back", senior.headers, reason=WHY))
    path = f"/api/v1/ai-sessions/{handoff['session_id']}/handoffs"
    again = client.post(path, headers=company.headers(Role.ENGINEER), json={"reason": "Acme, since Monday."})
    assert again.status_code == 201


def test_a_reason_is_needed_and_close_does_not_send_back(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    assert act(client, handoff, "send-back", senior.headers, reason=" ").status_code == 422
    closing = act(client, handoff, "close", senior.headers, outcome="sent_back", note=WHY)
    assert (closing.status_code, "use give-back" in closing.json()["detail"].lower()) == (422, True)


def test_nobody_sends_back_their_own(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)
    refused = act(client, handoff, "send-back", company.headers(Role.ENGINEER), reason=WHY)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:own-handoff")


def test_closing_can_say_what_could_have_spared_it(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    said = {"outcome": "resolved", "note": "A right was missing.", "avoidable_reason": "A missing right"}
    closed = done(act(client, handoff, "close", senior.headers, **said))
    assert (closed["avoidable_reason"], closed["outcome"]) == ("A missing right", "resolved")


def test_it_can_be_said_later_and_taken_back(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    assert done(act(client, handoff, "close", senior.headers, outcome="parked"))["may_judge"]
    assert done(_judge(client, handoff, senior.headers, "The vendor"))["avoidable_reason"] == "The vendor"
    assert done(_judge(client, handoff, senior.headers, None))["avoidable_reason"] is None


def test_only_who_worked_on_it_says_so_in_the_accounts_words(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    assert not read(client, company, handoff)["may_judge"]
    assert _judge(client, handoff, company.headers(Role.ENGINEER), "Other").status_code == 403
    unknown = _judge(client, handoff, senior.headers, "Bad weather")
    assert (unknown.status_code, unknown.json()["reasons"][-1]) == (422, "Other")
    closing = act(client, handoff, "close", senior.headers, outcome="parked", avoidable_reason="Bad weather")
    assert closing.status_code == 422
    assert read(client, company, handoff)["closed_at"] is None
