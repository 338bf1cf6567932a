"""What the tests of edits do over HTTP."""

from typing import Any

import httpx2
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import SESSIONS, post


def ask(
    client: TestClient, company: Company, step: dict[str, Any], what: str, role: Role = Role.ENGINEER, **body: Any
) -> httpx2.Response:
    """Edit a step: `ask(client, company, step, "strike")`. The session's id is beside it, as `newest` gives it."""
    return post(client, company, f"{step['session_id']}/steps/{step['id']}/{what}", role, **body)


def edit(
    client: TestClient, company: Company, step: dict[str, Any], what: str, role: Role = Role.ENGINEER, **body: Any
) -> dict[str, Any]:
    """The same, if it must be possible. Returns the session."""
    answer = ask(client, company, step, what, role, **body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def newest(state: dict[str, Any], kind: str) -> dict[str, Any]:
    """The newest step of a kind, with its session's id."""
    found = [step for step in state["steps"] if step["kind"] == kind]
    return {**found[-1], "session_id": state["id"]}


def note_of(client: TestClient, company: Company, session_id: str) -> str:
    """The note for the ticket."""
    return client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers()).text
