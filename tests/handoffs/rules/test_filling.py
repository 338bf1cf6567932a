"""What the form of an escalation does at once, a program does in one call, too."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, claimed_by_kim, done, read, send_escalation
from tests.sessions.flows import SESSIONS, post, start
from tests.sessions.flows import read as read_session

REASONED: dict[str, Any] = {"avoidable_reason": "A missing right"}


def test_an_escalation_brings_what_the_session_lacks(client: TestClient, company: Company) -> None:
    """So it is not held up by rules that ask for it, and the note is known to whoever claims it."""
    rules = {"rules": {"normal": {"client": "block", "ticket": "block"}}}
    done(client.put("/api/v1/escalation-settings", headers=company.headers(Role.OWNER), json=rules))
    session_id = start(client, company)["id"]
    assert send_escalation(client, company, session_id).status_code == 409
    said: dict[str, Any] = {"client_name": "Acme", "psa_ticket_id": "4711", "found": "The reader is at door 3."}
    key: dict[str, Any] = {"headers": {"Idempotency-Key": "a-key"}}
    first, again = (send_escalation(client, company, session_id, **said, **key) for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    made = first.json()
    assert (made["client_name"], made["psa_ticket_id"], made["lacks"]) == ("Acme", "4711", [])
    assert any("The reader is at door 3." in one["text"] for one in made["known_now"])
    steps = read_session(client, company, session_id)["steps"]
    assert [(one["kind"], one["text"]) for one in steps] == [("note", "The reader is at door 3.")]


def test_a_client_is_named_by_its_id_as_well(client: TestClient, company: Company) -> None:
    acme = start(client, company, client_name="Acme")["client"]["id"]
    made = send_escalation(client, company, start(client, company)["id"], client_id=acme)
    assert (made.status_code, made.json()["client"]["id"]) == (201, acme)


def test_what_the_session_has_otherwise_is_not_overwritten(client: TestClient, company: Company) -> None:
    session_id = start(client, company, client_name="Globex")["id"]
    refused = send_escalation(client, company, session_id, client_name="Acme", found="Door 3.")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:filled-otherwise")
    session = read_session(client, company, session_id)
    assert (session["client_name"], session["status"], session["steps"]) == ("Globex", "active", [])


def test_who_resolves_says_what_could_have_spared_it(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    path = f"{SESSIONS}/{handoff['session_id']}/resolve"
    unknown = client.post(path, headers=kim.headers, json={"summary": "A fuse.", "avoidable_reason": "Bad luck"})
    assert unknown.status_code == 422
    done(client.post(path, headers=kim.headers, json={"summary": "A fuse.", **REASONED}))
    assert read(client, company, handoff)["avoidable_reason"] == "A missing right"


def test_who_confirms_a_fix_says_so_of_the_escalation_that_it_set_aside(
    client: TestClient, company: Company
) -> None:
    handoff, kim = claimed_by_kim(client, company)
    path, at = f"{SESSIONS}/{handoff['session_id']}/verify", (now() + timedelta(days=1)).isoformat()
    fix = {"fix": "A fuse.", "waiting_for": "a quiet day", "look_again_at": at}
    done(client.post(path, headers=kim.headers, json=fix))
    done(client.post(f"{path}/confirm", headers=kim.headers, json=REASONED))
    closed = read(client, company, handoff)
    assert (closed["outcome"], closed["avoidable_reason"]) == ("resolved", "A missing right")


def test_without_an_escalation_there_is_nothing_to_spare(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    resolved = post(client, company, f"{session_id}/resolve", summary="A fuse.", **REASONED)
    assert done(resolved)["status"] == "resolved"


def test_one_that_ended_before_keeps_its_own(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    done(act(client, handoff, "give-back", kim.headers, reason="Try the other fuse."))
    done(post(client, company, f"{handoff['session_id']}/resolve", summary="A fuse.", **REASONED))
    assert read(client, company, handoff)["avoidable_reason"] is None
