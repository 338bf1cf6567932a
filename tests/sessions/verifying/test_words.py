"""The words of a fix: in the note, corrected, and removed for good."""

from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS, post
from tests.sessions.verifying.test_verifying import apply_fix


def test_words_of_a_fix_that_failed_are_removed_for_good(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id)
    failed = post(client, company, f"{session_id}/verify/fail", note="The password is hunter2.").json()
    post(client, company, f"{session_id}/steps/{failed['steps'][-1]['id']}/remove").raise_for_status()
    assert "hunter2" not in client.get(f"{SESSIONS}/{session_id}", headers=company.headers()).text


def test_the_note_still_says_what_was_waited_for_once_it_waits_no_more(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id).raise_for_status()
    post(client, company, f"{session_id}/verify/confirm").raise_for_status()
    note = client.get(f"{SESSIONS}/{session_id}/documentation", headers=company.headers()).json()
    assert "- Replaced the switch. Then waited for: a day without outages" in note["text"]


def test_a_fix_that_did_not_help_is_named_as_it_reads_now(
    client: TestClient, company: Company, session_id: str
) -> None:
    [fix] = apply_fix(client, company, session_id).json()["steps"]
    post(client, company, f"{session_id}/verify/fail", note="It is out again.").raise_for_status()
    post(client, company, f"{session_id}/steps/{fix['id']}/correct", text="A new cable.").raise_for_status()
    note = client.get(f"{SESSIONS}/{session_id}/documentation", headers=company.headers()).json()
    assert "APPLIED\n- A new cable. Then waited for: " in note["text"]
    assert ". It did not help. It is out again." in note["text"]
    assert "Did not help" not in note["text"]


def test_what_a_colleague_saw_of_a_fix_is_in_their_own_name(
    client: TestClient, company: Company, session_id: str
) -> None:
    apply_fix(client, company, session_id).raise_for_status()
    said = {"note": "The customer called again."}
    admin = company.headers(Role.TEAM_ADMIN)
    client.post(f"{SESSIONS}/{session_id}/verify/fail", headers=admin, json=said).raise_for_status()
    [(name,)] = company.query("SELECT name FROM users WHERE id = %s", company.users[Role.TEAM_ADMIN])
    note = client.get(f"{SESSIONS}/{session_id}/documentation", headers=company.headers()).json()
    assert f"It did not help. {name}: The customer called again." in note["text"]
