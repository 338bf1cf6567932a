"""What others wrote, and what a flow says, stays when all of a short text is removed; its own copies do not."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import act, done, join
from tests.knowledge.proposals.loop import decide, proposals, solve
from tests.sessions.edits.helpers import edit, newest
from tests.sessions.flows import SESSIONS, post, read, start, take
from tests.sessions.postings.connected import Connected
from tests.sessions.runs.procedure import mark, publish_procedure, start_run

PIN = "123"


@pytest.fixture
def desk(client: TestClient, company: Company) -> Connected:
    """A desk whose notes wait."""
    desk = Connected(client, company)
    desk.connect()
    desk.rules(posts_escalation=True, hold_minutes=10)
    return desk


def _escalated(client: TestClient, company: Company, desk: Connected, text: str) -> tuple[dict[str, Any], str]:
    """A note in a session that was handed over, and the handoff's id."""
    session_id = desk.session()
    step = newest(take(client, company, session_id, free_text=text), "note")
    made = post(client, company, f"{session_id}/handoffs", reason="Out of ideas")
    assert made.status_code == 201, made.text
    return step, made.json()["id"]


def test_a_pin_goes_from_the_snapshot_and_from_what_waits_and_was_edited(
    client: TestClient, company: Company, desk: Connected
) -> None:
    step, handoff_id = _escalated(client, company, desk, PIN)
    [posting] = desk.postings(step["session_id"])
    edited = posting["text"].replace("Out of ideas", "Room 123 is closed")
    desk.ask("PATCH", f"/api/v1/psa/postings/{posting['id']}", {"text": edited})
    edit(client, company, step, "remove")
    handoff = client.get(f"/api/v1/handoffs/{handoff_id}", headers=company.headers()).json()
    assert [one["text"] for one in handoff["snapshot"]["notes"]][1:] == ["[removed]"]
    [(text,)] = company.query("SELECT text FROM psa_postings")
    assert "- [removed]\n" in text
    assert "Room 123 is closed" in text
    assert PIN not in text.replace("Room 123", "")
    assert PIN not in str(handoff["assessment"])


def test_the_same_word_of_somebody_else_stays(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    company.query("UPDATE ai_sessions SET problem_domain = 'Rebooted' RETURNING 1")
    ann = join(client, company, "Ann", Role.TEAM_ADMIN)
    mine = newest(take(client, company, session_id, free_text="Rebooted"), "note")
    theirs = client.post(
        f"{SESSIONS}/{session_id}/steps", json={"free_text": "Rebooted"}, headers=ann.headers
    ).json()["steps"][-1]
    found = edit(client, company, mine, "remove")
    after = read(client, company, session_id)
    assert after["problem_domain"] == "Rebooted"
    assert [one["text"] for one in after["steps"] if one["kind"] == "note"] == [None, "Rebooted"]
    assert [one["id"] for one in after["steps"] if one["removed"]] == [mine["id"]]
    assert found["overwritten"] == []
    assert theirs["text"] == "Rebooted"


def test_what_a_flow_asked_stays_though_somebody_wrote_the_same(
    client: TestClient, company: Company, session_id: str
) -> None:
    asked = take(client, company, session_id, choice="No")["steps"][-1]["content"]
    longer = f"{asked['question']} They told me so."
    note = newest(take(client, company, session_id, free_text=longer), "note")
    edit(client, company, note, "remove", phrase=asked["question"])
    steps = read(client, company, session_id)["steps"]
    assert steps[0]["content"]["question"] == asked["question"]
    assert asked["question"] not in steps[-1]["content"]["text"]


def test_the_preview_quotes_what_goes_and_where_else(
    client: TestClient, company: Company, desk: Connected
) -> None:
    step, handoff_id = _escalated(client, company, desk, "The admin password is hunter2")
    said = "So: the admin password is hunter2. OK?"
    other = take(client, company, step["session_id"], free_text=said)["steps"][-1]
    path = f"{step['session_id']}/steps/{step['id']}/remove/preview"
    seen = post(client, company, path).json()
    assert seen["words"] == ["The admin password is hunter2"]
    [first, *_] = seen["overwritten"]
    at = f"/sessions/{step['session_id']}#step-{other['id']}"
    assert (first["text"], first["path"]) == ("Step 3: “So: [removed]. OK?”", at)
    assert f"/handoffs/{handoff_id}" in [one["path"] for one in seen["overwritten"]]


def test_what_came_of_a_step_without_a_flow_goes_with_it(client: TestClient, company: Company) -> None:
    session_id = company.add(
        "ai_sessions", problem_summary="Mails do not arrive", user_id=company.users[Role.ENGINEER]
    )
    content = {"instruction": "Left a message", "outcome": "not delivered"}
    step_id = company.add("ai_session_steps", session_id=session_id, position=1, kind="outcome", content=content)
    path = f"{session_id}/steps/{step_id}/remove"
    seen = client.post(f"{SESSIONS}/{path}/preview", headers=company.headers()).json()
    assert seen["words"] == ["Left a message", "not delivered"]
    assert client.post(f"{SESSIONS}/{path}", headers=company.headers()).status_code == 200
    [(after,)] = company.query("SELECT content FROM ai_session_steps WHERE id = %s", step_id)
    assert (after["instruction"], after["outcome"]) == ("[removed]", "[removed]")


@pytest.mark.parametrize("body", [{}, {"phrase": "hunter2"}])
def test_words_of_an_imported_step_go_from_each_of_its_columns(
    client: TestClient, company: Company, body: dict[str, Any]
) -> None:
    session_id = company.add(
        "ai_sessions", problem_summary="Mails do not arrive", user_id=company.users[Role.ENGINEER]
    )
    content = {"state": "hunter2", "text": "It is hunter2", "item": "hunter2"}
    step_id = company.add("ai_session_steps", session_id=session_id, position=1, kind="note", content=content)
    answer = post(client, company, f"{session_id}/steps/{step_id}/remove", **body)
    assert answer.status_code == 200, answer.text
    assert "hunter2" not in str(company.query("SELECT content FROM ai_session_steps WHERE id = %s", step_id))


@pytest.mark.anyio
async def test_a_short_text_goes_from_the_draft_that_was_drawn_from_it(
    client: TestClient, company: Company, database: Database
) -> None:
    session_id = await solve(client, company, database, "The scanner beeps twice", solved="Ran media calibration")
    [proposal] = proposals(client, company)
    solved = newest(read(client, company, session_id), "resolution")
    edit(client, company, solved, "remove")
    [(content,)] = company.query("SELECT content FROM flow_proposals WHERE id = %s", uuid.UUID(proposal["id"]))
    assert "calibration" not in str(content)
    refused = decide(client, company, proposal["id"], "approve")
    assert refused.status_code == 409
    assert "Write what to say instead of [removed]." in refused.text


def test_what_solved_it_is_said_again_by_the_event_of_its_moment(
    client: TestClient, company: Company, desk: Connected
) -> None:
    step, handoff_id = _escalated(client, company, desk, "Beeps")
    ann = join(client, company, "Ann")
    done(act(client, {"id": handoff_id}, "claim", ann.headers))
    done(act(client, {"id": handoff_id}, "close", ann.headers, outcome="resolved", note=PIN))
    solved = newest(read(client, company, step["session_id"]), "resolution")
    edit(client, company, solved, "remove", role=Role.OWNER)
    [(content,)] = company.query("SELECT content FROM handoff_events WHERE kind = 'closed'")
    assert PIN not in str(content)


def test_an_everyday_value_goes_from_what_the_flow_said_in_a_snapshot_and_in_a_posting(
    client: TestClient, company: Company, desk: Connected
) -> None:
    about: dict[str, Any] = {"problem_summary": "A new PC for Anna in the office", "psa_ticket_id": "4711"}
    run_id = start(client, company, flow_id=publish_procedure(client, company), **about)["id"]
    filled = newest(mark(client, company, run_id, do="fill", field="name", value="monkey"), "fill")
    mark(client, company, run_id, do="tick", item="join")
    note = "A monkey is a monkey"
    made = post(client, company, f"{run_id}/handoffs", reason=note)
    assert made.status_code == 201, made.text
    [posting] = desk.postings(run_id)
    assert "Join monkey." in posting["text"]
    edit(client, company, filled, "remove")
    [(snapshot, reason)] = company.query("SELECT snapshot, reason FROM session_handoffs")
    assert "monkey" not in str(snapshot)
    assert (snapshot["node"]["text"], reason) == ("Set up [removed].", note)
    [(text, made_text)] = company.query("SELECT text, text_made FROM psa_postings")
    assert "monkey" not in f"{text} {made_text}".replace(note, "")


@pytest.mark.parametrize("is_note", [True, False])
def test_one_word_goes_from_the_answers_that_are_kept(
    client: TestClient, company: Company, *, is_note: bool
) -> None:
    word = "Hunter2xyz"
    session_id = start(client, company)["id"]
    step = newest(take(client, company, session_id, free_text=word, is_note=is_note), "note")
    headers = company.headers(Role.ENGINEER) | {"Idempotency-Key": "escalate"}
    path, body = f"{SESSIONS}/{session_id}/handoffs", {"reason": "No idea"}
    assert word in client.post(path, headers=headers, json=body).text
    assert post(client, company, f"{session_id}/steps/{step['id']}/remove", Role.TEAM_ADMIN).status_code == 200
    assert company.query("SELECT answer FROM idempotency_keys WHERE answer IS NOT NULL") == []
    again = client.post(path, headers=headers, json=body)
    assert (again.status_code, word in again.text) == (409, False)
    assert company.query("SELECT count(*) FROM session_handoffs") == [(1,)]


@pytest.mark.parametrize("corrected", [None, "Aq4x9zfiz"])
def test_one_word_of_a_fix_goes_from_the_line_of_a_note_that_says_it_did_not_help(
    client: TestClient, company: Company, desk: Connected, corrected: str | None
) -> None:
    word, later = "Vq3xK1F", (now() + timedelta(days=1)).isoformat()
    session_id = desk.session()
    body: dict[str, Any] = {"fix": word, "waiting_for": "a day", "look_again_at": later}
    fix = newest(post(client, company, f"{session_id}/verify", **body).json(), "fix")
    assert post(client, company, f"{session_id}/verify/fail", note="did nothing").status_code == 200
    if corrected is not None:
        edit(client, company, fix, "correct", text=corrected)
    assert post(client, company, f"{session_id}/handoffs", reason="Out of ideas").status_code == 201
    company.query("UPDATE psa_posting_steps SET state = 'confirmed', external_id = '7' RETURNING 1")
    company.query("UPDATE psa_postings SET state = 'confirmed' RETURNING 1")
    assert (corrected or word) in str(company.query("SELECT text FROM psa_postings"))
    edit(client, company, fix, "remove")
    [(text,)] = company.query("SELECT text FROM psa_postings")
    assert "[removed]. Then waited for: [removed]. It did not help. did nothing" in text
    assert not {word, corrected} & set(re.findall(r"\w+", text))


def test_a_value_that_was_removed_is_filled_in_nowhere_and_asked_again(
    client: TestClient, company: Company
) -> None:
    session_id = start_run(client, company)
    step = newest(mark(client, company, session_id, do="fill", field="name", value="Gq7srvPw"), "fill")
    edit(client, company, step, "remove")
    session = read(client, company, session_id)
    [name, _] = session["current"]["fields"]
    assert (name["value"], name["state"]) == ("", "open")
    assert session["current"]["help"] == "Run this:\n```\nRename-Computer [Name of the PC]\n```"
    again = mark(client, company, session_id, do="fill", field="name", value="PC-12")
    assert again["current"]["text"] == "Set up PC-12."
