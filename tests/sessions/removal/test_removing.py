"""What is removed for good, by whom, and what is left."""

import uuid
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient

from flowpilot.attachments.schemas import ERASED_NAME
from flowpilot.clock import now
from flowpilot.copilot.schemas import Suggestion
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.jobs import enqueue
from flowpilot.knowledge.proposals.queries import draft_of
from flowpilot.sessions import jobs
from flowpilot.sessions.jobs import SUGGEST_JOB
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import join
from tests.knowledge.proposals.loop import decide, proposals, solve
from tests.sessions.edits.helpers import ask, edit, newest, note_of
from tests.sessions.flows import SESSIONS, post, read, start, take
from tests.sessions.queue import work_off
from tests.sessions.removal.everywhere import places_of
from tests.sessions.runs.procedure import mark, start_run

SECRET = "hunter2-of-the-admin"


def _remove(client: TestClient, company: Company, step: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Remove words of a step, which must be possible. Returns the step as it is then."""
    edit(client, company, step, "remove", **body)
    steps = read(client, company, step["session_id"])["steps"]
    return next(one for one in steps if one["id"] == step["id"])


@pytest.fixture
def noted(client: TestClient, company: Company) -> dict[str, Any]:
    """A note with a secret, in a session without a flow."""
    session_id = start(client, company, problem_summary="Something odd happens with my chair")["id"]
    return newest(take(client, company, session_id, free_text=f"Signed in with {SECRET} as admin."), "note")


def test_a_phrase_leaves_the_rest_of_the_text(client: TestClient, company: Company, noted: dict[str, Any]) -> None:
    step = _remove(client, company, noted, phrase=SECRET)
    assert step["text"] == "Signed in with [removed] as admin."
    assert "Signed in with [removed] as admin." in note_of(client, company, noted["session_id"])


def test_all_of_a_note_is_no_longer_in_the_note_for_the_ticket(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    step = _remove(client, company, noted)
    assert (step["content"]["text"], step["text"], step["allowed"]) == ("[removed]", None, [])
    note = note_of(client, company, noted["session_id"])
    assert "removed" not in note


def test_a_form_that_was_open_does_not_bring_removed_words_back(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    sent = {"text": f"{noted['text']} It works.", "after_step": noted["position"]}
    part = _remove(client, company, noted, phrase=SECRET)
    for seen in ({}, {"seen_removal": noted["created_at"]}):
        refused = ask(client, company, noted, "correct", **sent, **seen)
        assert (refused.status_code, "removed for good meanwhile" in refused.text) == (409, True)
    said = {"text": "Signed in as admin.", "seen_removal": part["removed"]["at"]}
    corrected = newest(edit(client, company, noted, "correct", **said), "note")
    assert (corrected["text"], corrected["allowed"]) == ("Signed in as admin.", ["correct", "strike", "remove"])
    assert _remove(client, company, noted)["allowed"] == []
    assert ask(client, company, noted, "correct", **said | sent).status_code == 409
    assert SECRET not in client.get(f"{SESSIONS}/{noted['session_id']}", headers=company.headers()).text


def test_a_phrase_that_the_step_does_not_have_is_said_at_its_field(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    refused = ask(client, company, noted, "remove", phrase="hunter3")
    assert refused.status_code == 422
    assert "hunter3" not in refused.text
    assert [one["field"] for one in refused.json()["errors"]] == ["body.phrase"]


def test_a_value_is_removed_and_stays_filled_in(client: TestClient, company: Company) -> None:
    session_id = start_run(client, company)
    filled = newest(mark(client, company, session_id, do="fill", field="name", value=SECRET), "fill")
    step = _remove(client, company, filled)
    assert (step["content"]["value"], step["content"]["field"]) == ("[removed]", "name")
    assert SECRET not in client.get(f"{SESSIONS}/{session_id}", headers=company.headers()).text


def test_what_a_fix_waits_for_goes_from_the_reason_of_its_change(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    later = (now() + timedelta(days=1)).isoformat()
    said: dict[str, Any] = {"fix": "reset", "waiting_for": "tiger", "look_again_at": later}
    applied = post(client, company, f"{noted['session_id']}/verify", **said).json()
    edit(client, company, newest(applied, "fix"), "remove")
    assert "tiger" not in str(read(client, company, noted["session_id"])["status_changes"])


@pytest.mark.parametrize(("value", "is_phrase"), [("Puffin6pw!x", False), ("monkey", False), ("monkey", True)])
def test_a_value_goes_from_the_texts_of_the_flow_that_say_it(
    client: TestClient, company: Company, *, value: str, is_phrase: bool
) -> None:
    session_id = start_run(client, company)
    filled = newest(mark(client, company, session_id, do="fill", field="name", value=value), "fill")
    ticked = newest(mark(client, company, session_id, do="tick", item="join"), "tick")
    assert ticked["content"]["text"] == f"Join {value}."
    body: dict[str, Any] = {"phrase": value} if is_phrase else {}
    edit(client, company, filled, "remove", **body)
    after = newest(read(client, company, session_id), "tick")
    assert after["content"]["text"] == "Join [removed]."
    assert value not in note_of(client, company, session_id)


def test_of_an_outcome_its_note_is_removed(client: TestClient, company: Company, session_id: str) -> None:
    take(client, company, session_id, choice="No")
    outcome = newest(take(client, company, session_id, outcome="Still nothing", note=SECRET), "outcome")
    step = _remove(client, company, outcome)
    assert (step["content"]["outcome"], step["content"]["note"]) == ("Still nothing", "[removed]")
    assert "Switch it on: Still nothing\n" in note_of(client, company, session_id)


def test_the_files_of_a_step_go_with_it(client: TestClient, company: Company, session_id: str) -> None:
    sent = {"file": (f"{SECRET}.log", b"event 41\n")}
    log = client.post("/api/v1/attachments", files=sent, headers=company.headers(Role.ENGINEER)).json()
    answer = newest(take(client, company, session_id, choice="No", attachments=[log["id"]]), "answer")
    step = _remove(client, company, answer)
    assert (step["content"]["choice"], [one["name"] for one in step["attachments"]]) == ("No", [ERASED_NAME])
    assert company.query("SELECT 1 FROM attachment_chunks WHERE attachment_id = %s", log["id"]) == []
    assert places_of(company.urls, f"{SECRET}.log") == set()


def test_what_was_removed_is_not_removed_again(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    _remove(client, company, noted)
    assert ask(client, company, noted, "remove").status_code == 409


def test_a_colleague_and_a_viewer_remove_nothing(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    path = f"{SESSIONS}/{noted['session_id']}/steps/{noted['id']}/remove"
    for headers in (join(client, company, "Ann").headers, company.headers(Role.VIEWER)):
        assert client.post(path, headers=headers).status_code == 403
        assert client.post(f"{path}/preview", headers=headers).status_code == 403
    assert client.post(path, headers=company.headers(Role.TEAM_ADMIN)).status_code == 200


@pytest.mark.anyio
async def test_a_published_flow_is_listed_and_not_changed(
    client: TestClient, company: Company, database: Database
) -> None:
    session_id = await solve(client, company, database, "The scanner beeps twice", [f"Entered {SECRET} as PIN"])
    [proposal] = proposals(client, company)
    assert decide(client, company, proposal["id"], "approve").status_code == 200
    note = newest(read(client, company, session_id), "note")
    found = edit(client, company, note, "remove", phrase=SECRET)
    [flow] = found["to_check"]
    [(structure,)] = company.query("SELECT structure FROM tree_versions WHERE proposal_id = %s", proposal["id"])
    assert (flow["text"], SECRET in str(structure)) == ("The published flow “The scanner beeps twice”", True)
    async with database.read(company.id) as db:
        assert await draft_of(db, company.id, uuid.UUID(proposal["id"])) is None


@pytest.mark.anyio
async def test_what_the_copilot_says_of_removed_words_is_not_kept(
    client: TestClient,
    company: Company,
    database: Database,
    settings: Settings,
    noted: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def remove_meanwhile(*_: object) -> Suggestion:
        _remove(client, company, noted)
        step = {"action": f"Change {SECRET}", "why": "It is known.", "expected": "Safe.", "source": "ai"}
        return Suggestion.model_validate({"steps": [step]})

    monkeypatch.setattr(jobs, "suggest_next", remove_meanwhile)
    async with database.write(company.id) as db:
        enqueue(db, SUGGEST_JOB, account_id=company.id, session_id=uuid.UUID(noted["session_id"]))
    await work_off(company, settings, database)
    assert company.query("SELECT content FROM ai_session_suggestions") == []


@pytest.mark.parametrize(
    ("states", "content", "changed"),
    [("session", '{"removed": {}}', 1), ("nothing", '{"removed": {}}', 0), ("another", '{"removed": {}}', 0)],
)
def test_postgresql_lets_words_be_overwritten_only_of_the_session_that_is_stated(
    company: Company, noted: dict[str, Any], states: str, content: str, changed: int
) -> None:
    stated = {"session": noted["session_id"], "nothing": "", "another": str(uuid.uuid4())}[states]
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute(f"SET LOCAL app.removing_from = '{stated}'".encode())
        found = connection.execute("UPDATE ai_session_steps SET content = %s::jsonb", [content])
        assert found.rowcount == changed
        connection.rollback()


@pytest.mark.parametrize(("states", "changed"), [("handoff", 1), ("nothing", 0), ("another", 0)])
def test_postgresql_lets_words_be_overwritten_only_of_events_of_handoffs_that_are_stated(
    company: Company, states: str, changed: int
) -> None:
    handoff = company.add("session_handoffs", session_id=company.add("ai_sessions"))
    company.add("handoff_events", handoff_id=handoff, number=1, kind="created", content="{}")
    stated = {"handoff": f"{uuid.uuid4()},{handoff}", "nothing": "", "another": str(uuid.uuid4())}[states]
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute(f"SET LOCAL app.removing_from_handoffs = '{stated}'".encode())
        found = connection.execute("UPDATE handoff_events SET content = '{}'")
        assert found.rowcount == changed
        connection.rollback()


@pytest.mark.parametrize(
    "change", ["content = '{}'", "kind = 'tick'", "created_at = now()", "actor_id = NULL", "position = 9"]
)
def test_postgresql_lets_nothing_else_of_a_step_be_changed(
    company: Company, noted: dict[str, Any], change: str
) -> None:
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute(f"SET LOCAL app.removing_from = '{noted['session_id']}'".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"UPDATE ai_session_steps SET {change}".encode())
        connection.rollback()


def test_a_fix_that_waits_is_removed_with_what_it_waits_for_and_its_notices(
    client: TestClient, company: Company, noted: dict[str, Any]
) -> None:
    secret = f"fix-{uuid.uuid4().hex}"
    later = (now() + timedelta(days=1)).isoformat()
    said: dict[str, Any] = {"fix": f"Set {secret}.", "waiting_for": f"{secret} to work", "look_again_at": later}
    applied = post(client, company, f"{noted['session_id']}/verify", **said)
    assert applied.status_code == 200, applied.text
    session_id = uuid.UUID(noted["session_id"])
    notice = {"kind": "look_again", "name": "X", "reason": f"Waiting for: {secret} to work."}
    company.add("notifications", user_id=company.users[Role.ENGINEER], route_id=session_id, content=notice)
    _remove(client, company, newest(applied.json(), "fix"))
    assert places_of(company.urls, secret) == set()
    assert read(client, company, noted["session_id"])["status"] == "paused"
