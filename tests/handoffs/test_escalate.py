"""Escalation: a session is handed over as a whole, or not at all."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg import sql

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs.events import NOTIFY_JOB
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.handoffs.helpers import (
    REASON,
    check_laws,
    hand_over,
    jobs_of,
    join,
    send_escalation,
    status_of,
)
from tests.sessions.flows import start


def _refused(client: TestClient, company: Company, session_id: str, **why: Any) -> tuple[int, dict[str, Any]]:
    """An escalation that must fail, and leave the session as it was."""
    before = status_of(client, company, session_id)
    answer = send_escalation(client, company, session_id, **why)
    assert status_of(client, company, session_id) == before
    return answer.status_code, answer.json()


def test_the_session_waits_for_a_senior(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company, note="The spooler, I think.", priority="high")
    engineer = {"id": str(company.users[Role.ENGINEER]), "name": "engineer"}
    assert handoff["session_status"] == "requesting_escalation"
    assert (handoff["reason"], handoff["note"], handoff["priority"]) == (REASON, "The spooler, I think.", "high")
    assert (handoff["created_by"], handoff["target"], handoff["claimed_by"]) == (engineer, None, None)
    assert status_of(client, company, handoff["session_id"]) == "requesting_escalation"
    [row] = company.query("SELECT session_id, created_by, priority, closed_at FROM session_handoffs")
    assert row == (uuid.UUID(handoff["session_id"]), company.users[Role.ENGINEER], 2, None)
    check_laws(company)


def test_it_is_an_event_and_people_are_notified(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company, priority="urgent")
    [(event_id, *event)] = company.query("SELECT id, handoff_id, kind, actor_id, content FROM handoff_events")
    assert event == [uuid.UUID(handoff["id"]), "created", company.users[Role.ENGINEER], {"priority": 1}]
    assert jobs_of(company, NOTIFY_JOB) == [{"account_id": str(company.id), "event_id": str(event_id)}]


def test_the_change_of_status_says_why(client: TestClient, company: Company) -> None:
    hand_over(client, company)
    changes = company.query(
        "SELECT from_status, to_status, actor_id, reason FROM ai_session_status_changes ORDER BY created_at"
    )
    engineer = company.users[Role.ENGINEER]
    assert changes == [
        (None, "active", engineer, ""),
        ("active", "requesting_escalation", engineer, REASON),
    ]


@pytest.mark.parametrize(("name", "number"), [("urgent", 1), ("high", 2), ("normal", 3), ("low", 4)])
def test_a_priority_is_a_word_outside_and_a_number_inside(
    client: TestClient, company: Company, name: str, number: int
) -> None:
    assert hand_over(client, company, priority=name)["priority"] == name
    assert company.query("SELECT priority FROM session_handoffs") == [(number,)]


def test_unless_it_is_said_the_priority_is_normal(client: TestClient, company: Company) -> None:
    assert hand_over(client, company)["priority"] == "normal"


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"reason": "   "},
        {"reason": "x" * 201},
        {"reason": "a\0b"},
        {"note": "x" * 5001},
        {"note": "a\0b"},
        {"priority": "asap"},
        {"priority": 1},
        {"target_user_id": "somebody"},
    ],
)
def test_malformed_input_is_422(client: TestClient, company: Company, wrong: dict[str, Any]) -> None:
    session_id = start(client, company)["id"]
    assert _refused(client, company, session_id, **wrong)[0] == 422


def test_a_handoff_may_be_assigned_to_somebody(client: TestClient, company: Company) -> None:
    senior = join(client, company, "Kim")
    handoff = hand_over(client, company, target_user_id=str(senior.id))
    assert handoff["target"] == {"id": str(senior.id), "name": "Kim"}


def test_nobody_escalates_to_themselves(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    me = str(company.users[Role.ENGINEER])
    company.let_sign_in(company.users[Role.ENGINEER])
    status, body = _refused(client, company, session_id, target_user_id=me)
    assert (status, body["type"]) == (409, "urn:flowpilot:problem:own-handoff")


def test_a_target_who_cannot_claim_is_refused(client: TestClient, company: Company, neighbour: Company) -> None:
    """An unknown user, a viewer, and another account's engineer get the same answer."""
    session_id = start(client, company)["id"]
    targets = [new_id(), company.users[Role.VIEWER], neighbour.users[Role.ENGINEER]]
    answers = [_refused(client, company, session_id, target_user_id=str(target)) for target in targets]
    assert [status for status, _ in answers] == [422, 422, 422]
    assert len({body["detail"] for _, body in answers}) == 1


def test_a_misspelt_field_is_refused_by_its_name(client: TestClient, company: Company) -> None:
    """It would be taken for a normal one, and nobody would hurry."""
    status, body = _refused(client, company, start(client, company)["id"], prioity="urgent")
    assert (status, body["detail"]) == (422, "body.prioity: There is no field of this name")
    assert body["errors"] == [{"field": "body.prioity", "message": "There is no field of this name"}]


def test_a_session_has_one_open_handoff(client: TestClient, company: Company) -> None:
    handoff = hand_over(client, company)
    status, body = _refused(client, company, handoff["session_id"])
    assert (status, body["session_status"]) == (409, "requesting_escalation")
    assert body["allowed"] == ["step", "verify", "resolve", "abandon"]
    assert company.query("SELECT count(*) FROM session_handoffs") == [(1,)]


def test_many_escalations_at_once_and_one_succeeds(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send_escalation, client, company, session_id) for _ in range(8)]
    assert sorted(answer.result().status_code for answer in sent) == [201, *[409] * 7]
    check_laws(company)


def test_a_session_that_has_ended_is_not_escalated(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    path = f"/api/v1/ai-sessions/{session_id}/resolve"
    client.post(path, headers=company.headers(Role.ENGINEER), json={"summary": "It prints again."})
    status, body = _refused(client, company, session_id)
    assert (status, body["allowed"]) == (409, ["reopen", "rate"])


def test_a_paused_session_can_be_escalated(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    client.post(f"/api/v1/ai-sessions/{session_id}/pause", headers=company.headers(Role.ENGINEER), json={})
    assert send_escalation(client, company, session_id).json()["session_status"] == "requesting_escalation"


def test_who_may_escalate(client: TestClient, company: Company, neighbour: Company) -> None:
    session_id = start(client, company)["id"]
    stranger = join(client, company, "Stranger").headers
    assert _refused(client, company, session_id, headers=stranger)[0] == 403
    assert _refused(client, company, session_id, role=Role.VIEWER)[0] == 403
    theirs = _refused(client, company, session_id, headers=neighbour.headers())
    nobodys = send_escalation(client, company, str(new_id()))
    assert (theirs[0], nobodys.status_code) == (404, 404)
    assert theirs[1]["detail"] == nobodys.json()["detail"]
    assert send_escalation(client, company, session_id, Role.TEAM_ADMIN).status_code == 201


def test_a_repeat_with_the_same_key_is_the_same_handoff(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    key = {"Idempotency-Key": "once"}
    answers = [send_escalation(client, company, session_id, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert company.query("SELECT count(*) FROM session_handoffs") == [(1,)]
    assert len(jobs_of(company, NOTIFY_JOB)) == 1


def test_the_same_key_at_once_is_one_handoff(client: TestClient, company: Company) -> None:
    session_id = start(client, company)["id"]
    key = {"Idempotency-Key": "once"}
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send_escalation, client, company, session_id, headers=key) for _ in range(8)]
    assert {answer.result().status_code for answer in sent} == {201}
    assert len({answer.result().json()["id"] for answer in sent}) == 1


def test_keys_past_their_time_do_not_make_requests_wait_for_each_other(
    client: TestClient, company: Company
) -> None:
    """Each request locks the session first and the keys second. In different orders they would deadlock."""
    engineer = company.headers(Role.ENGINEER)

    def step(session_id: str) -> int:
        path = f"/api/v1/ai-sessions/{session_id}/steps"
        headers = engineer | {"Idempotency-Key": f"step {session_id}"}
        return client.post(path, headers=headers, json={"free_text": "Still nothing."}).status_code

    def escalate(session_id: str) -> int:
        key = {"Idempotency-Key": f"escalate {session_id}"}
        return send_escalation(client, company, session_id, headers=key).status_code

    with ThreadPoolExecutor(8) as pool:
        for number in range(15):
            session_id = start(client, company)["id"]
            _add_old_key(company, number)
            sent = [pool.submit(action, session_id) for action in (step, escalate, step, escalate) * 2]
            assert {answer.result() for answer in sent} == {201}


def _add_old_key(company: Company, number: int) -> None:
    caller, at = f"{company.id}:{company.users[Role.ENGINEER]}", "2020-01-01T00:00:00Z"
    company.add("idempotency_keys", caller=caller, key=f"old {number}", request_digest="", created_at=at)


@contextmanager
def _failing(urls: DatabaseUrls, table: str, condition: str) -> Iterator[None]:
    """Have PostgreSQL refuse the account's rows in a table."""
    words = {"table": sql.Identifier(table), "condition": sql.SQL(condition)}
    add = "ALTER TABLE {table} ADD CONSTRAINT refused CHECK ({condition}) NOT VALID"
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute(sql.SQL(add).format(**words))
        try:
            yield
        finally:
            connection.execute(sql.SQL("ALTER TABLE {table} DROP CONSTRAINT refused").format(**words))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("ai_session_status_changes", "account_id"),
        ("session_handoffs", "account_id"),
        ("handoff_events", "account_id"),
        ("procrastinate_jobs", "(args->>'account_id')::uuid"),
    ],
)
def test_a_failure_anywhere_leaves_nothing_behind(
    client: TestClient, company: Company, urls: DatabaseUrls, table: str, column: str
) -> None:
    session_id = start(client, company)["id"]
    tables = ("ai_sessions", "ai_session_status_changes", "session_handoffs", "handoff_events", "accounts")
    rows = "SELECT to_jsonb(t) FROM {} t"
    before = [company.query(rows.format(name)) for name in tables]
    with _failing(urls, table, f"{column} <> '{company.id}'"):
        assert _refused(client, company, session_id)[0] == 500
    assert [company.query(rows.format(name)) for name in tables] == before
    assert jobs_of(company, NOTIFY_JOB) == []
    assert send_escalation(client, company, session_id).status_code == 201
    check_laws(company)
