"""What tests of leaving share: the two ways to leave, and a person with work in their hands."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from tests.company import Company
from tests.handoffs.helpers import Person, act, done, hand_over, send_escalation
from tests.sessions.flows import SESSIONS

MEMBERS = "/api/v1/members"

Leave = Callable[..., httpx2.Response]


def remove(client: TestClient, company: Company, person: Person, to: Person | None = None) -> httpx2.Response:
    """The owner removes somebody, and hands their work over to another person if one is given."""
    params = {} if to is None else {"hand_over_to": str(to.id)}
    return client.delete(f"{MEMBERS}/{person.id}", params=params, headers=company.headers())


def lower(client: TestClient, company: Company, person: Person, to: Person | None = None) -> httpx2.Response:
    """The owner makes somebody a viewer, and hands their work over to another person if one is given."""
    body = {"role": "viewer"} | ({} if to is None else {"hand_over_to": str(to.id)})
    return client.patch(f"{MEMBERS}/{person.id}", json=body, headers=company.headers())


def claimed_by(client: TestClient, company: Company, person: Person, **why: Any) -> dict[str, Any]:
    """A handoff of the account's engineer that somebody has claimed."""
    return done(act(client, hand_over(client, company, **why), "claim", person.headers))


def session_of(client: TestClient, person: Person, problem: str = "The scanner sends blank pages") -> str:
    """A session that somebody has begun."""
    started = client.post(SESSIONS, json={"problem_summary": problem}, headers=person.headers)
    assert started.status_code == 201, started.text
    return str(started.json()["id"])


def escalated_by(client: TestClient, company: Company, person: Person, **why: Any) -> dict[str, Any]:
    """A handoff of a session that somebody has begun."""
    made = send_escalation(client, company, session_of(client, person), headers=person.headers, **why)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


def owner_and_status(company: Company, session_id: str) -> tuple[uuid.UUID | None, str]:
    """Who works on a session, and its status."""
    [(owner, status)] = company.query("SELECT owner_id, status FROM ai_sessions WHERE id = %s", session_id)
    return owner, status
