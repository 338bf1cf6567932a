"""A removal says what still has the words: what colleagues wrote, other sentences, and text files."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.attachments.texts import text_in
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import Person, act, done, join
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import SESSIONS, post, read, start, take


@pytest.fixture
def session_id(client: TestClient, company: Company) -> str:
    """A session without a flow."""
    made: str = start(client, company, problem_summary="Something odd happens with my chair")["id"]
    return made


def test_who_may_not_change_a_colleagues_text_reads_where_it_is(
    client: TestClient, company: Company, session_id: str
) -> None:
    take(client, company, session_id, free_text="Kim types hunter2")
    kim = newest(read(client, company, session_id), "note")
    senior = join(client, company, "Ann")
    ann = company.add(
        "ai_session_steps",
        session_id=session_id,
        position=9,
        kind="note",
        actor_id=senior.id,
        content={"text": "Ann types hunter2"},
    )
    path, body = f"{SESSIONS}/{session_id}/remove", {"phrase": "hunter2"}
    seen = client.post(f"{path}/preview", json=body, headers=senior.headers).json()
    removed = client.post(path, json=body, headers=senior.headers).json()
    place = f"/sessions/{session_id}#step-{kim['id']}"
    assert removed["kept"] == seen["kept"] == [{"text": f"Step {kim['position']}", "path": place, "url": None}]
    assert str(ann) not in str(removed["kept"])
    assert read(client, company, session_id)["removals"][0]["kept"] == removed["kept"]


def test_a_password_in_another_sentence_is_named(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, free_text="Tried hunter2 and failed")
    other = newest(read(client, company, session_id), "note")
    take(client, company, session_id, free_text="Restarted it")
    note = newest(take(client, company, session_id, free_text="Signed in with hunter2"), "note")
    kept = edit(client, company, note, "remove")["kept"]
    assert [one["path"] for one in kept] == [f"/sessions/{session_id}#step-{other['id']}"]


@pytest.mark.parametrize("is_phrase", [True, False])
def test_a_text_file_with_the_words_is_listed_and_removed_by_itself(
    client: TestClient, company: Company, session_id: str, *, is_phrase: bool
) -> None:
    sent = {"file": ("event.log", "09:00 login kim HUNTER2\n".encode("utf-16"))}
    headers = company.headers(Role.ENGINEER)
    log = client.post("/api/v1/attachments", files=sent, headers=headers).json()["id"]
    take(client, company, session_id, free_text="The log", attachments=[log])
    note = newest(take(client, company, session_id, free_text="Signed in with hunter2"), "note")
    body: dict[str, Any] = {"phrase": "hunter2"} if is_phrase else {}
    listed = {"text": "The file event.log", "path": f"/sessions/{session_id}/remove#file-{log}", "url": None}
    assert edit(client, company, note, "remove", **body)["kept"] == [listed]
    assert post(client, company, f"{session_id}/remove", file_id=log).status_code == 200
    assert post(client, company, f"{session_id}/remove/preview", phrase="hunter2").status_code == 422


def test_a_phrase_that_a_log_alone_has_is_not_removed_and_where_it_is_is_said(
    client: TestClient, company: Company, session_id: str
) -> None:
    headers = company.headers(Role.ENGINEER)
    sent = {"file": ("event.log", b"09:00 login kim hunter2")}
    log = client.post("/api/v1/attachments", files=sent, headers=headers).json()["id"]
    take(client, company, session_id, free_text="The log", attachments=[log])
    for path in ("remove/preview", "remove"):
        refused = post(client, company, f"{session_id}/{path}", phrase="hunter2")
        assert (refused.status_code, "The file event.log. Remove it there." in refused.text) == (422, True)
    assert read(client, company, session_id)["removals"] == []
    assert company.query("SELECT 1 FROM audit_log WHERE action = 'words.removed'") == []


def test_who_names_a_file_that_is_removed_is_named(client: TestClient, company: Company, session_id: str) -> None:
    sent = {"file": ("PC-0412.log", b"event 41")}
    log = client.post("/api/v1/attachments", files=sent, headers=company.headers(Role.ENGINEER)).json()["id"]
    take(client, company, session_id, free_text="The log", attachments=[log])
    said = newest(take(client, company, session_id, free_text="See PC-0412.log"), "note")
    kept = post(client, company, f"{session_id}/remove", file_id=log).json()["kept"]
    assert [one["path"] for one in kept] == [f"/sessions/{session_id}#step-{said['id']}"]


def test_a_client_that_is_called_so_is_named(client: TestClient, company: Company, session_id: str) -> None:
    company.query("UPDATE ai_sessions SET client_name = 'Maple Dental' RETURNING 1")
    take(client, company, session_id, free_text="It is Maple")
    kept = post(client, company, f"{session_id}/remove", phrase="Maple").json()["kept"]
    assert [one["text"] for one in kept] == ["The client or the ticket of the session"]


@pytest.fixture
def handed(client: TestClient, company: Company, session_id: str) -> tuple[str, Person, str]:
    """A session with a secret of its engineer, which a senior holds who gave it back once; and the handoff."""
    take(client, company, session_id, free_text="Kim types hunter2")
    made = post(client, company, f"{session_id}/handoffs", reason="No rights").json()
    ann = join(client, company, "Ann")
    done(act(client, made, "claim", ann.headers))
    done(act(client, made, "release", ann.headers, reason="Not hunter2"))
    done(act(client, made, "claim", ann.headers))
    return session_id, ann, made["id"]


def test_the_reason_of_a_senior_stays_and_the_handoff_of_who_removes_does_not(
    client: TestClient, company: Company, handed: tuple[str, Person, str]
) -> None:
    session_id, _, handoff_id = handed
    by_ai = '{"source": "ai", "summary": "They know that hunter2 opens it."}'
    company.query("UPDATE session_handoffs SET assessment = assessment || %s::jsonb RETURNING 1", by_ai)
    seen = post(client, company, f"{session_id}/remove/preview", Role.ENGINEER, phrase="hunter2").json()
    kept = [one["text"] for one in seen["kept"]]
    assert kept == ["Why its status changed", "Why a handoff was given back or closed"]
    assert f"/handoffs/{handoff_id}" in [one["path"] for one in seen["overwritten"]]
    removed = post(client, company, f"{session_id}/remove", Role.ENGINEER, phrase="hunter2").json()
    assert removed == seen | {"words": []}


def test_an_assessment_that_is_made_again_keeps_nothing(
    client: TestClient, company: Company, handed: tuple[str, Person, str]
) -> None:
    session_id, _, _ = handed
    by_ai = '{"source": "ai", "summary": "They know that hunter2 opens it."}'
    company.query("UPDATE session_handoffs SET assessment = assessment || %s::jsonb RETURNING 1", by_ai)
    note = newest(read(client, company, session_id), "note")
    removed = edit(client, company, note, "remove", role=Role.TEAM_ADMIN)
    assert "A handoff" not in [one["text"] for one in removed["kept"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_text_file_is_read_whatever_wrote_it(encoding: str) -> None:
    assert text_in("Zürich".encode(encoding)) == "Zürich"
