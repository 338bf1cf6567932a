"""What people write beside the steps is in the note: in escalations, in suggestions, and of earlier states."""

import re
from typing import Any

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, claimed_by_kim, done, send_escalation
from tests.sessions.flows import SESSIONS, post, start
from tests.sessions.story import section

WHY = "Which drum is in it?"
AGAIN: dict[str, Any] = {
    "reason": "It is the old drum.",
    "tried": "Another tray.",
    "note": "The drum is dead.",
}


def _lines(client: TestClient, company: Company, session_id: str, title: str) -> list[str]:
    """The lines of a section, without their moments."""
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers(Role.VIEWER)).text
    return [re.sub(r", \d{4}-\d\d-\d\d \d\d:\d\d", "", line) for line in section(note, title)]


def test_an_escalation_says_all_that_its_form_asked_and_why_it_came_back(
    client: TestClient, company: Company
) -> None:
    handoff, kim = claimed_by_kim(client, company, tried="Off and on.")
    done(act(client, handoff, "send-back", kim.headers, reason=WHY))
    handoff = send_escalation(client, company, handoff["session_id"], **AGAIN).json()
    acts: list[tuple[str, dict[str, Any]]] = [
        ("claim", {}),
        ("release", {"reason": "Called away."}),
        ("claim", {}),
        ("close", {"outcome": "returned", "note": "Measure it first."}),
    ]
    for action, body in acts:
        done(act(client, handoff, action, kim.headers, **body))
    assert _lines(client, company, handoff["session_id"], "ESCALATION") == [
        "- Handed over by engineer: Out of ideas after the usual checks.",
        "  Tried: Off and on.",
        "- Claimed by Kim",
        f"- Sent back, because it said too little, by Kim: {WHY}",
        "- Handed over by engineer: It is the old drum.",
        "  Tried: Another tray.",
        "  What the engineer thinks: The drum is dead.",
        "- Claimed by Kim",
        "- Returned to the queue by Kim: Called away.",
        "- Claimed by Kim",
        "- Given back by Kim: Measure it first.",
    ]
    assert _lines(client, company, handoff["session_id"], "STATE")[0] == "In progress."


def test_why_it_was_paused_and_reopened_and_what_was_thought_to_solve_it_stay(
    client: TestClient, company: Company
) -> None:
    session_id = start(client, company)["id"]
    acts: list[tuple[str, dict[str, Any]]] = [
        ("pause", {"reason": "At lunch."}),
        ("resume", {}),
        ("resolve", {"summary": "A new fuse."}),
        ("reopen", {"reason": "It blinks."}),
        ("abandon", {"reason": "No answer."}),
        ("resume", {}),
        ("resolve", {"summary": "A new lamp."}),
    ]
    for action, body in acts:
        post(client, company, f"{session_id}/{action}", **body).raise_for_status()
    assert _lines(client, company, session_id, "EARLIER STATES") == [
        "- On hold by engineer: At lunch.",
        "- Resolved by engineer: A new fuse.",
        "- Reopened by engineer: It blinks.",
        "- Closed without a resolution by engineer: No answer.",
    ]
    assert _lines(client, company, session_id, "RESOLUTION") == ["A new lamp."]


def test_why_a_suggestion_was_not_followed_stays(client: TestClient, company: Company) -> None:
    session = start(client, company, problem_summary="Something odd happens with my chair")
    first, second, *_ = (step["action"] for step in session["suggestion"]["steps"])
    path = f"{session['id']}/suggestions/dismiss"
    post(client, company, path, action=first, reason="not_applicable", note="It has no wheels.").raise_for_status()
    post(client, company, path, action=second, reason="wrong").raise_for_status()
    assert _lines(client, company, session["id"], "SUGGESTED, NOT DONE") == [
        f"- {first} engineer: Does not apply: It has no wheels."
    ]
