"""What people do with a posting that has failed, has arrived, or was given up."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company, at
from tests.sessions.postings.connected import POSTINGS, SESSIONS, Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    desk = Connected(client, company)
    desk.connect()
    return desk


def _set(desk: Connected, steps: str, posting: str) -> None:
    desk.company.query(f"UPDATE psa_posting_steps SET {steps} RETURNING 1")
    desk.company.query(f"UPDATE psa_postings SET {posting} RETURNING 1")


def _ended(desk: Connected) -> str:
    session = desk.session()
    desk.resolve(session)
    return session


def _link(desk: Connected, session: str, ticket: str | None) -> None:
    desk.ask("PATCH", f"{SESSIONS}/{session}", {"psa_ticket_id": ticket})


def test_what_was_refused_for_its_content_is_corrected_and_tried_again(desk: Connected) -> None:
    session = _ended(desk)
    _set(desk, "state = 'failed', attempts = 1, reason = 'Too long.'", "state = 'failed', ended_at = now()")
    (posting,) = desk.postings(session)
    said = {"text": "The fuse.", "minutes": 25}
    corrected = desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", said)
    assert (corrected["text"], corrected["minutes"], corrected["state"]) == ("The fuse.", 25, "failed")
    assert desk.ask("POST", f"{POSTINGS}/{posting['id']}/retry")["state"] == "queued"


def test_of_a_posting_that_has_failed_only_what_was_refused_is_corrected(desk: Connected) -> None:
    session = _ended(desk)
    _set(desk, "state = 'failed', attempts = 1", "state = 'failed', ended_at = now()")
    arrived = "state = 'confirmed', external_id = '7' WHERE kind = 'note'"
    desk.company.query(f"UPDATE psa_posting_steps SET {arrived} RETURNING 1")
    (posting,) = desk.postings(session)
    desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"text": "The fuse."}, expect=409)
    assert desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": 25})["minutes"] == 25


@pytest.mark.parametrize(
    ("was", "is_new"),
    [("asked_at = now()", False), ("external_id = '7'", False), ("looks = 3", False), ("attempts = 1", True)],
)
def test_what_was_given_up_and_may_have_arrived_is_not_booked_again(
    desk: Connected, was: str, is_new: bool
) -> None:
    session = _ended(desk)
    desk.company.query(f"UPDATE psa_posting_steps SET {was} RETURNING 1")
    (posting,) = desk.postings(session)
    desk.ask("POST", f"{POSTINGS}/{posting['id']}/abandon")
    desk.ask("POST", f"{SESSIONS}/{session}/reopen", {"reason": "It blinks again."})
    desk.resolve(session, "Two fuses.")
    again, first = desk.postings(session)
    assert ("Looked at the fuse." in again["text"]) is is_new
    (known,) = [step["started_at"] for step in first["steps"] if step["kind"] == "time"]
    booked = [step["started_at"] for step in again["steps"] if step["kind"] == "time"]
    assert (known in booked) is is_new


def test_who_may_not_change_a_session_may_only_try_its_postings_again(desk: Connected) -> None:
    company = desk.company
    session = str(company.add("ai_sessions", psa_ticket_id="4711", user_id=company.users[Role.TEAM_ADMIN]))
    desk.note(session, "Asked them.", Role.TEAM_ADMIN)
    desk.ask("POST", f"{SESSIONS}/{session}/abandon", {"reason": "Not ours."}, role=Role.TEAM_ADMIN)
    (posting,) = desk.postings(session)
    assert posting["allowed"] == ["retry"]
    here = f"{POSTINGS}/{posting['id']}"
    for method, path, body in (("PATCH", here, {"text": "Ours."}), ("POST", f"{here}/send", None)):
        desk.ask(method, path, body, expect=403)
    assert "Somebody else works" in desk.ask("POST", f"{here}/abandon", expect=403)["detail"]
    assert desk.ask("POST", f"{here}/retry")["state"] == "queued"
    assert desk.ask("POST", f"{here}/abandon", role=Role.TEAM_ADMIN)["state"] == "abandoned"


def test_a_text_for_a_client_is_no_push_of_documentation(desk: Connected) -> None:
    session = desk.session()
    body = {"audience": "client", "text": "It works again."}
    made = desk.ask("POST", f"{SESSIONS}/{session}/postings", body, expect=201)
    assert desk.company.query("SELECT 1 FROM psa_post_logs") == []
    assert desk.ask("POST", f"{POSTINGS}/{made['id']}/abandon")["state"] == "abandoned"


def test_what_has_arrived_stays_and_says_so_when_the_session_gets_another_ticket(desk: Connected) -> None:
    desk.rules(posts_status=True)
    session = _ended(desk)
    _set(desk, "state = 'confirmed', external_id = '7', attempts = 1", "state = 'confirmed', ended_at = now()")
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    said = "This is on ticket 4711 already and stays there. Move it by hand if it belongs to ticket 4712."
    assert (posting["ticket_id"], posting["reason"]) == ("4711", said)
    _link(desk, session, "4711")
    (posting,) = desk.postings(session)
    assert posting["reason"] is None


def test_what_has_failed_on_the_old_ticket_stays_and_says_so(desk: Connected) -> None:
    session = _ended(desk)
    failed = "state = 'failed', reason = 'The period is closed.'"
    _set(desk, f"{failed}, attempts = 1", f"{failed}, ended_at = now()")
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    assert posting["reason"] == (
        "The period is closed. A part may be on ticket 4711 already, so the rest goes there, too."
    )


def test_what_moves_over_a_removed_connection_waits_for_a_person_and_says_so(desk: Connected) -> None:
    session = _ended(desk)
    desk.company.query("UPDATE psa_connections SET removed_at = now() RETURNING 1")
    _link(desk, session, "4712")
    (posting,) = desk.postings(session)
    assert (posting["ticket_id"], posting["due_at"]) == ("4712", None)
    assert "The connection to its ticket system was removed" in posting["reason"]


def test_minutes_that_are_corrected_back_are_where_they_were(desk: Connected) -> None:
    session = _ended(desk)
    (posting,) = desk.postings(session)
    evening = "started_at = '2026-06-15 23:40Z', ended_at = '2026-06-16 00:00Z' WHERE kind = 'time'"
    desk.company.query(f"UPDATE psa_posting_steps SET {evening} RETURNING 1")
    for minutes in (480, 20):
        desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"minutes": minutes})
    booked = "SELECT minutes, started_at, ended_at FROM psa_posting_steps WHERE kind = 'time'"
    assert desk.company.query(booked) == [(20, at("2026-06-15 23:40"), at("2026-06-16 00:00"))]
