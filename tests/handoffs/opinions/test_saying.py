"""What the engineer thinks it is may be said after the escalation, once, by the person who escalated."""

import uuid

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.handoffs.jobs import assess
from flowpilot.identity.actor import Role
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.notes.reading import with_beside
from flowpilot.sessions.queries import read_session
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import act, done, jobs_of, join, read, send_escalation, worker_context
from tests.sessions.flows import read as read_of
from tests.sessions.flows import start

SAID = "I think it is the fuser."
MISSING = "The engineer has not said what they think it is."


def _say(client: TestClient, handoff: dict[str, str], who: dict[str, str], opinion: str = SAID) -> Response:
    return client.put(f"/api/v1/handoffs/{handoff['id']}/opinion", headers=who, json={"opinion": opinion})


def test_it_is_said_once_and_the_mark_goes(client: TestClient, company: Company) -> None:
    rules = {"rules": {"normal": {"opinion": "warn"}}}
    client.put("/api/v1/escalation-settings", headers=company.headers(Role.OWNER), json=rules).raise_for_status()
    handoff = send_escalation(client, company, start(client, company)["id"], note="").json()
    assert (handoff["lacks"], handoff["may_say_opinion"], MISSING in handoff["missing"]) == (
        ["opinion"],
        True,
        True,
    )
    engineer = company.headers(Role.ENGINEER)
    said = done(_say(client, handoff, engineer))
    assert (said["note"], said["lacks"], said["may_say_opinion"], MISSING in said["missing"]) == (
        SAID,
        [],
        False,
        False,
    )
    assert [(one["kind"], one["content"]) for one in said["events"]][-1] == ("opinion", {})
    # What the reports compare is what came with the escalation.
    assert said["completeness"] == handoff["completeness"]
    assert _say(client, handoff, engineer, "Or the drum.").status_code == 409
    assert read(client, company, handoff)["note"] == SAID


def test_it_moves_the_version_of_the_session(client: TestClient, company: Company) -> None:
    session = start(client, company)["id"]
    handoff = send_escalation(client, company, session, note="").json()
    before = read_of(client, company, session)
    done(_say(client, handoff, company.headers(Role.ENGINEER)))
    after = read_of(client, company, session)
    assert after["version"] > before["version"]
    assert {key for key in after if after[key] != before[key]} == {"last_activity_at", "version"}


def test_nobody_else_says_it_nor_once_it_is_closed(client: TestClient, company: Company) -> None:
    handoff = send_escalation(client, company, start(client, company)["id"], note="").json()
    kim = join(client, company, "Kim")
    assert _say(client, handoff, kim.headers).status_code == 403
    done(act(client, handoff, "send-back", kim.headers, reason="Say what it is."))
    assert _say(client, handoff, company.headers(Role.ENGINEER)).status_code == 409


@pytest.mark.anyio
async def test_a_note_after_the_escalations_has_what_was_said_since(
    client: TestClient, company: Company, database: Database
) -> None:
    handoff = send_escalation(client, company, start(client, company)["id"], note="").json()
    posted_at = now()
    done(_say(client, handoff, company.headers(Role.ENGINEER)))
    async with database.read(company.id) as db:
        session_id = uuid.UUID(handoff["session_id"])
        history = await with_beside(db, await read_session(db, company.id, session_id))
    for since in (None, posted_at):
        assert f"What the engineer thinks: {SAID}" in document(history, now(), "UTC", since=since).text
    assert SAID not in document(history, now(), "UTC", since=now()).text


def test_the_same_form_twice_says_it_once(client: TestClient, company: Company) -> None:
    handoff = send_escalation(client, company, start(client, company)["id"], note="").json()
    form = {**company.headers(Role.ENGINEER), "Idempotency-Key": "once"}
    first, second = done(_say(client, handoff, form)), done(_say(client, handoff, form))
    assert first == second
    assert [one["kind"] for one in read(client, company, handoff)["events"]] == ["created", "opinion"]


@pytest.mark.anyio
async def test_it_is_assessed_again_with_the_opinion(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    handoff = send_escalation(client, company, start(client, company)["id"], note="").json()
    assert MISSING in handoff["assessment"]["missing"]
    done(_say(client, handoff, company.headers(Role.ENGINEER)))
    [job] = jobs_of(company, "handoffs.assess")
    await assess(worker_context(database, settings), job["account_id"], job["handoff_id"])
    found = read(client, company, handoff)
    assert SAID in found["assessment"]["summary"]
    assert MISSING not in found["assessment"]["missing"]
    assert found["events"][-1]["kind"] == "assessed"
