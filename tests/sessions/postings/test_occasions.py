"""What happens later in a session settles what waits from before: a ticket gets no status that is out of date."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.postings.connected import POSTINGS, SESSIONS, Connected

HANDOFFS = "/api/v1/handoffs"


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    desk = Connected(client, company)
    desk.connect()
    desk.rules(posts_escalation=True, posts_status=True)
    return desk


def _escalated(desk: Connected, session: str) -> str:
    handoff = desk.ask("POST", f"{SESSIONS}/{session}/handoffs", {"reason": "Stuck."}, expect=201)
    return str(handoff["id"])


def _claim(desk: Connected, handoff: str) -> None:
    desk.ask("POST", f"{HANDOFFS}/{handoff}/claim", role=Role.TEAM_ADMIN)


def _statuses(desk: Connected, session: str) -> list[tuple[str, str]]:
    """The occasion and the state of each status, the newest first."""
    return [
        (posting["occasion"], step["state"])
        for posting in desk.postings(session)
        for step in posting["steps"]
        if step["kind"] == "status"
    ]


def _fail(desk: Connected) -> None:
    desk.company.query("UPDATE psa_posting_steps SET state = 'failed' RETURNING 1")
    desk.company.query("UPDATE psa_postings SET state = 'failed', ended_at = now() RETURNING 1")


@pytest.mark.parametrize("has_failed", [False, True])
def test_the_end_of_a_session_leaves_out_the_status_of_its_escalation(desk: Connected, has_failed: bool) -> None:
    session = desk.session()
    _escalated(desk, session)
    if has_failed:
        _fail(desk)
    desk.resolve(session)
    assert _statuses(desk, session) == [("resolved", "queued"), ("escalated", "abandoned")]


def test_what_has_failed_sets_no_status_of_a_session_that_was_reopened(desk: Connected) -> None:
    session = desk.session()
    desk.resolve(session)
    _fail(desk)
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    (posting,) = desk.postings(session)
    retried: dict[str, Any] = desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry")
    assert [step["state"] for step in retried["steps"]] == ["queued", "queued", "abandoned"]


def test_a_session_without_its_ticket_that_is_reopened_brings_no_status_to_the_next(desk: Connected) -> None:
    session = desk.session()
    desk.resolve(session)
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": None})
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": "4712"})
    assert _statuses(desk, session) == [("resolved", "abandoned")]


def test_a_senior_who_claims_keeps_the_status_of_the_escalation(desk: Connected) -> None:
    session = desk.session()
    _claim(desk, _escalated(desk, session))
    assert _statuses(desk, session) == [("escalated", "queued")]


def test_an_escalation_is_posted_once_however_often_it_is_given_back(desk: Connected) -> None:
    session = desk.session()
    handoff = _escalated(desk, session)
    for way in ("release", "reassign"):
        _claim(desk, handoff)
        body = {"reason": "Busy."} if way == "release" else {"target_user_id": None}
        desk.ask("POST", f"{HANDOFFS}/{handoff}/{way}", body, role=Role.TEAM_ADMIN)
    assert _statuses(desk, session) == [("escalated", "queued")]


def test_a_held_posting_that_moves_to_another_ticket_keeps_its_status(desk: Connected) -> None:
    desk.company.query("UPDATE psa_rules SET waits_for_person = true RETURNING 1")
    session = desk.session()
    desk.resolve(session)
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": "4712"})
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], posting["state"]) == ("4712", "held")
    sent = desk.ask("POST", f"{POSTINGS}/{posting['id']}/send")
    assert [(step["kind"], step["state"]) for step in sent["steps"]][-1] == ("status", "queued")


def test_a_status_that_stays_with_the_old_ticket_is_left_out_and_says_so(desk: Connected) -> None:
    session = desk.session()
    desk.resolve(session)
    desk.company.query("UPDATE psa_posting_steps SET attempts = 1 WHERE kind = 'note' RETURNING 1")
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": "4712"})
    (posting,) = desk.postings(session)
    status = posting["steps"][-1]
    assert (status["state"], status["reason"]) == (
        "abandoned",
        "The session moved to ticket 4712, so this status is left out.",
    )


def test_a_session_that_is_given_up_before_anybody_did_anything_posts_neither_note_nor_time(
    client: TestClient, company: Company
) -> None:
    desk = Connected(client, company)
    desk.connect()
    about = {"problem_summary": "The printer is offline", "psa_ticket_id": "4711"}
    session = str(desk.ask("POST", SESSIONS, about, expect=201)["id"])
    desk.ask("POST", f"{SESSIONS}/{session}/abandon", {"reason": "They hung up."})
    assert desk.postings(session) == []
    desk.ask("POST", f"{SESSIONS}/{session}/resume")
    desk.note(session, "Called back.")
    desk.ask("POST", f"{SESSIONS}/{session}/abandon", {})
    (posting,) = desk.postings(session)
    assert [step["kind"] for step in posting["steps"]] == ["note", "time"]


def test_the_note_of_an_escalation_has_all_that_its_form_asked(desk: Connected) -> None:
    session = desk.session()
    why = {"reason": "Stuck.", "tried": "Off and on.", "note": "The drum is dead."}
    desk.ask("POST", f"{SESSIONS}/{session}/handoffs", why, expect=201)
    (posting,) = desk.postings(session)
    assert ": Stuck.\n  Tried: Off and on.\n  What the engineer thinks: The drum is dead.\n" in posting["text"]
