"""What waits to be posted goes out with the last wording; what was posted stays as it was."""

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import read
from tests.sessions.postings.connected import POSTINGS, SESSIONS, Connected


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    desk = Connected(client, company)
    desk.connect()
    desk.rules(hold_minutes=10)
    return desk


@pytest.fixture
def session_id(desk: Connected) -> str:
    """A resolved session, whose note waits."""
    session_id = desk.session()
    desk.resolve(session_id)
    return session_id


def _correct(desk: Connected, session_id: str, kind: str, text: str) -> None:
    state = read(desk.client, desk.company, session_id)
    edit(desk.client, desk.company, newest(state, kind), "correct", text=text)


def _text(desk: Connected, session_id: str) -> str:
    return str(desk.postings(session_id)[0]["text"])


def test_a_note_that_waits_goes_out_with_the_last_text(desk: Connected, session_id: str) -> None:
    before = _text(desk, session_id)
    assert "Looked at the fuse." in before
    _correct(desk, session_id, "note", "Looked at both fuses.")
    _correct(desk, session_id, "resolution", "Two new fuses.")
    expected = before.replace("Looked at the fuse.", "Looked at both fuses.")
    assert _text(desk, session_id) == expected.replace("A new fuse.", "Two new fuses.")


def test_it_says_nothing_that_came_after_it(desk: Connected, session_id: str) -> None:
    before = _text(desk, session_id)
    desk.ask("POST", f"{SESSIONS}/{session_id}/reopen", {"reason": "It is dark again."})
    desk.note(session_id, "The cable is broken.")
    _correct(desk, session_id, "resolution", "Two new fuses.")
    assert _text(desk, session_id) == before.replace("A new fuse.", "Two new fuses.")


def test_one_that_somebody_has_edited_waits_until_it_was_read_again(desk: Connected, session_id: str) -> None:
    [posting] = desk.postings(session_id)
    desk.ask("PATCH", f"{POSTINGS}/{posting['id']}", {"text": "We looked at the fuse."})
    _correct(desk, session_id, "note", "Looked at both fuses.")
    [posting] = desk.postings(session_id)
    assert (posting["text"], posting["state"], posting["due_at"]) == ("We looked at the fuse.", "held", None)
    assert "corrected after this was edited" in posting["reason"]


def test_what_was_posted_stays_and_the_next_note_has_the_correction(desk: Connected, session_id: str) -> None:
    before = _text(desk, session_id)
    desk.company.query("UPDATE psa_posting_steps SET state = 'confirmed', attempts = 1 RETURNING 1")
    desk.company.query("UPDATE psa_postings SET state = 'confirmed', ended_at = now() RETURNING 1")
    _correct(desk, session_id, "note", "Looked at both fuses.")
    assert _text(desk, session_id) == before
    desk.ask("POST", f"{SESSIONS}/{session_id}/reopen", {"reason": "It is dark again."})
    desk.resolve(session_id, "A new cable.")
    assert len(desk.postings(session_id)) == 2
    assert "Looked at both fuses." in _text(desk, session_id)


def test_a_correction_by_a_team_admin_is_no_work(desk: Connected) -> None:
    session_id = desk.session()
    state = read(desk.client, desk.company, session_id)
    edit(desk.client, desk.company, newest(state, "note"), "correct", Role.TEAM_ADMIN, text="Looked at fuses.")
    desk.resolve(session_id)
    [posting] = desk.postings(session_id)
    people = {step["by"]["id"] for step in posting["steps"] if step["kind"] == "time"}
    assert people == {str(desk.company.users[Role.ENGINEER])}
