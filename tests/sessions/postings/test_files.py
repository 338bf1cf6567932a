"""A session's files go to its ticket after its note, each as a step of its own."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.attachments.files import picture, uploaded
from tests.company import Company
from tests.sessions.postings.connected import Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    return Connected(client, company)


def with_file(desk: Connected, name: str = "error.png", *, for_ticket: bool = True) -> tuple[str, str]:
    """A session on a ticket, and its screenshot."""
    session_id = desk.session()
    made = uploaded(desk.client, desk.company, picture(), name, goes_to_ticket=str(for_ticket).lower())
    desk.ask("POST", f"/api/v1/ai-sessions/{session_id}/steps", {"attachments": [made["id"]]}, expect=201)
    return session_id, made["id"]


def steps(desk: Connected, session_id: str) -> list[tuple[str, str]]:
    """What the session's postings consist of, and the state of each, the oldest first."""
    return [(step["kind"], step["state"]) for one in desk.postings(session_id)[::-1] for step in one["steps"]]


def test_a_screenshot_goes_after_the_note_and_before_the_status(desk: Connected) -> None:
    desk.connect()
    desk.rules(posts_time=False, posts_status=True)
    session_id, made = with_file(desk)
    desk.resolve(session_id)
    [posting] = desk.postings(session_id)
    assert [step["kind"] for step in posting["steps"]] == ["note", "file", "status"]
    assert (posting["steps"][1]["file"]["id"], "Attached: error.png" in posting["text"]) == (made, True)


def test_what_is_not_for_the_ticket_stays_here(desk: Connected) -> None:
    desk.connect()
    session_id, _ = with_file(desk, for_ticket=False)
    desk.resolve(session_id)
    assert "file" not in dict(steps(desk, session_id))


def test_a_file_is_posted_once_though_the_session_ends_twice(desk: Connected) -> None:
    desk.connect()
    desk.rules(posts_time=False, posts_status=False)
    session_id, _ = with_file(desk)
    desk.resolve(session_id)
    desk.company.query("UPDATE psa_posting_steps SET state = 'confirmed' RETURNING 1")
    desk.ask("POST", f"/api/v1/ai-sessions/{session_id}/reopen", {"reason": "It is back."})
    desk.resolve(session_id, "Another fuse.")
    assert steps(desk, session_id) == [("note", "confirmed"), ("file", "confirmed"), ("note", "queued")]


def test_a_struck_note_posts_no_file(desk: Connected) -> None:
    desk.connect()
    session_id, _ = with_file(desk)
    step = desk.ask("GET", f"/api/v1/ai-sessions/{session_id}")["steps"][-1]
    desk.ask("POST", f"/api/v1/ai-sessions/{session_id}/steps/{step['id']}/strike")
    desk.resolve(session_id)
    assert "file" not in dict(steps(desk, session_id))


def test_a_handoffs_own_files_are_posted(desk: Connected, client: TestClient, company: Company) -> None:
    desk.connect()
    desk.rules(posts_escalation=True, posts_time=False, posts_status=False)
    session_id = desk.session()
    made = uploaded(client, company)
    why: dict[str, Any] = {"reason": "Out of ideas.", "attachments": [made["id"]]}
    desk.ask("POST", f"/api/v1/ai-sessions/{session_id}/handoffs", why, expect=201)
    assert [kind for kind, _ in steps(desk, session_id)] == ["note", "file"]


def test_whoever_may_change_the_session_keeps_a_file_out_of_the_ticket(
    desk: Connected, neighbour: Company
) -> None:
    session_id, made = with_file(desk)
    at = f"/api/v1/ai-sessions/{session_id}/attachments"
    assert [(one["id"], one["goes_to_ticket"]) for one in desk.ask("GET", at)] == [(made, True)]
    desk.ask("PATCH", f"{at}/{made}", {"goes_to_ticket": False}, role=Role.VIEWER, expect=403)
    assert desk.ask("PATCH", f"{at}/{made}", {"goes_to_ticket": False})["id"] == made
    assert [one["goes_to_ticket"] for one in desk.ask("GET", at, role=Role.VIEWER)] == [False]
    assert desk.client.get(at, headers=neighbour.headers()).status_code == 404


def test_a_system_that_takes_no_files_is_sent_none(desk: Connected) -> None:
    # Without its setting, Redmine is sent none.
    desk.connect(provider="redmine")
    session_id, _ = with_file(desk)
    desk.resolve(session_id)
    assert "file" not in dict(steps(desk, session_id))
