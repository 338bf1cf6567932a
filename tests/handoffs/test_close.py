"""Closing a handoff, and what happens to its session."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.handoffs import service
from flowpilot.handoffs.claims import claim
from flowpilot.handoffs.jobs import assess, remind
from flowpilot.handoffs.models import Outcome
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company
from tests.handoffs.helpers import (
    act,
    actor,
    check_laws,
    claimed_by_kim,
    done,
    hand_over,
    join,
    read,
    read_as,
    send_escalation,
    status_of,
    worker_context,
)

FUSE = "It was the fuse."


def _work(client: TestClient, session_id: str, action: str, who: dict[str, str], **body: Any) -> int:
    return client.post(f"/api/v1/ai-sessions/{session_id}/{action}", headers=who, json=body).status_code


def _owner_and_status(company: Company) -> tuple[Any, ...]:
    [row] = company.query("SELECT owner_id, status FROM ai_sessions")
    return row


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("resolved", "resolved"), ("parked", "paused"), ("returned", "active"), ("abandoned", "abandoned")],
)
def test_an_outcome_ends_the_handoff_and_moves_the_session(
    client: TestClient, company: Company, outcome: str, status: str
) -> None:
    handoff, senior = claimed_by_kim(client, company)
    closed = done(act(client, handoff, "close", senior.headers, outcome=outcome, note=FUSE))
    assert (closed["outcome"], closed["session_status"], closed["allowed"]) == (outcome, status, [])
    assert (closed["claimed_by"], closed["lease_expires_at"]) == (handoff["claimed_by"], None)
    [row] = company.query("SELECT closed_by, closed_at FROM session_handoffs")
    [event] = company.query("SELECT actor_id, created_at FROM handoff_events WHERE kind = 'closed'")
    assert row == event
    assert row[0] == senior.id
    check_laws(company)


def test_resolving_needs_a_note(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    for note in ("", "  "):
        refused = act(client, handoff, "close", senior.headers, outcome="resolved", note=note)
        assert refused.status_code == 422
    assert read(client, company, handoff)["closed_at"] is None


def test_the_note_of_a_resolved_one_is_the_sessions_resolution(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="resolved", note=FUSE))
    steps = company.query("SELECT kind, actor_id, content->>'text' FROM ai_session_steps")
    assert steps == [("resolution", senior.id, FUSE)]
    resolved_at, at = company.query("SELECT resolved_at, last_activity_at FROM ai_sessions")[0]
    assert resolved_at == at


def test_resolving_at_once_is_the_first_action(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    closed = done(act(client, handoff, "close", senior.headers, outcome="resolved", note=FUSE))
    assert closed["first_action_by"]["name"] == "Kim"
    assert closed["first_action_at"] == closed["closed_at"]
    assert [event["kind"] for event in closed["events"]] == ["created", "claimed", "first_action", "closed"]


def test_a_parked_session_is_the_seniors(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="parked", note="A part is on its way."))
    assert _owner_and_status(company) == (senior.id, "paused")
    assert _work(client, handoff["session_id"], "resume", senior.headers) == 200


def test_a_returned_session_is_the_engineers(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="returned", note="Try the other cable."))
    assert _owner_and_status(company) == (company.users[Role.ENGINEER], "active")
    assert _work(client, handoff["session_id"], "steps", senior.headers, free_text="Hm.") == 403
    assert _work(client, handoff["session_id"], "steps", company.headers(Role.ENGINEER), free_text="Hm.") == 201


def test_the_reason_is_on_record(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    closed = done(act(client, handoff, "close", senior.headers, outcome="returned", note="Try the other cable."))
    assert closed["events"][-1]["content"] == {"outcome": "returned", "note": "Try the other cable."}
    query = "SELECT to_status, reason FROM ai_session_status_changes ORDER BY created_at DESC LIMIT 1"
    assert company.query(query) == [("active", "Try the other cable.")]


def test_a_returned_session_can_be_escalated_again(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="returned"))
    again = send_escalation(client, company, handoff["session_id"])
    assert again.status_code == 201
    done(act(client, again.json(), "claim", senior.headers))
    assert company.query("SELECT count(*), count(closed_at) FROM session_handoffs") == [(2, 1)]
    check_laws(company)


def test_a_step_after_the_end_is_still_the_claims_first_action(client: TestClient, company: Company) -> None:
    """The contract knows no end of a handoff: it asks for the first step of the session after the claim."""
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="returned"))
    _work(client, handoff["session_id"], "steps", company.headers(Role.ENGINEER), free_text="Hm.")
    assert read(client, company, handoff)["first_action_by"]["id"] == str(company.users[Role.ENGINEER])
    check_laws(company)


def test_while_nobody_holds_it_its_creator_takes_it_back(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)
    engineer = company.headers(Role.ENGINEER)
    closed = done(act(client, handoff, "close", engineer, outcome="returned", note="Found it."))
    assert (closed["outcome"], closed["claimed_by"]) == ("returned", None)
    assert _owner_and_status(company) == (company.users[Role.ENGINEER], "active")
    check_laws(company)


def test_once_it_is_claimed_its_creator_cannot(client: TestClient, company: Company) -> None:
    handoff, kim = claimed_by_kim(client, company)
    refused = act(client, handoff, "close", company.headers(Role.ENGINEER), outcome="returned")
    assert refused.status_code == 403
    assert read_as(client, handoff, kim.headers) == handoff


@pytest.mark.parametrize("is_claimed", [False, True])
def test_strangers_and_viewers_close_nothing(client: TestClient, company: Company, is_claimed: bool) -> None:
    handoff = claimed_by_kim(client, company)[0] if is_claimed else hand_over(client, company)
    stranger = join(client, company, "Lou").headers
    for who in (stranger, company.headers(Role.VIEWER)):
        assert act(client, handoff, "close", who, outcome="parked").status_code == 403
    done(act(client, handoff, "close", company.headers(Role.TEAM_ADMIN), outcome="parked"))


def test_a_neighbours_handoff_and_nobodys_are_the_same_404(
    client: TestClient, company: Company, neighbour: Company
) -> None:
    handoff, _ = claimed_by_kim(client, company)
    asked = [handoff, {"id": new_id()}]
    answers = [act(client, what, "close", neighbour.headers(), outcome="parked") for what in asked]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_it_ends_once(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="parked"))
    refused = act(client, handoff, "close", senior.headers, outcome="returned")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:flowpilot:problem:handoff-closed")
    assert _owner_and_status(company) == (senior.id, "paused")


@pytest.mark.parametrize("is_claimed", [False, True])
@pytest.mark.parametrize(
    ("action", "body", "outcome"),
    [("resolve", {"summary": FUSE}, "resolved"), ("abandon", {"reason": "Nobody calls back."}, "abandoned")],
)
def test_the_end_of_the_session_is_the_end_of_its_handoff(
    client: TestClient, company: Company, action: str, body: dict[str, str], outcome: str, is_claimed: bool
) -> None:
    handoff, senior = claimed_by_kim(client, company) if is_claimed else (hand_over(client, company), None)
    who = company.headers(Role.ENGINEER) if senior is None else senior.headers
    assert _work(client, handoff["session_id"], action, who, **body) == 200
    closed = read(client, company, handoff)
    assert (closed["outcome"], closed["session_status"]) == (outcome, outcome)
    assert [event["kind"] for event in closed["events"]].count("closed") == 1
    check_laws(company)


def test_a_session_taken_up_again_leaves_its_handoff_closed(client: TestClient, company: Company) -> None:
    handoff, senior = claimed_by_kim(client, company)
    done(act(client, handoff, "close", senior.headers, outcome="abandoned"))
    assert _work(client, handoff["session_id"], "resume", company.headers(Role.ENGINEER)) == 200
    assert read(client, company, handoff)["outcome"] == "abandoned"
    assert status_of(client, company, handoff["session_id"]) == "active"
    check_laws(company)


@pytest.mark.anyio
async def test_what_a_job_records_comes_after_what_happened_before(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    """Another server's clock may be ahead, and an assessment takes a while."""
    handoff, senior = hand_over(client, company), join(client, company, "Kim")
    ahead = now() + timedelta(minutes=1)
    async with database.write(company.id) as db:
        await claim(db, actor(company, user_id=senior.id), uuid.UUID(handoff["id"]), ahead)
    names = worker_context(database, settings), str(company.id), handoff["id"]
    await remind(*names, ahead.isoformat())
    await assess(*names)
    events = read(client, company, handoff)["events"]
    assert [event["kind"] for event in events] == ["created", "claimed", "reminded", "assessed"]
    check_laws(company)


@pytest.mark.anyio
async def test_an_assessment_that_comes_after_the_end_is_dropped(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    handoff = hand_over(client, company)
    waiting = "SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
    async with database.write(company.id) as db:
        await service.close(db, actor(company), uuid.UUID(handoff["id"]), Outcome.PARKED, "", now())
        late = asyncio.create_task(assess(worker_context(database, settings), str(company.id), handoff["id"]))
        while not late.done() and not company.query(waiting):
            await asyncio.wait({late}, timeout=0.01)
    await late
    found = read(client, company, handoff)
    assert ([event["kind"] for event in found["events"]], found["assessment"]) == (
        ["created", "closed"],
        handoff["assessment"],
    )
