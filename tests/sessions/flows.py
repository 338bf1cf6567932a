"""A small flow, and actions in sessions that follow it."""

import uuid
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.sessions.derived import reconcile
from tests.company import Company, account_connection
from tests.repeats import repeated

SESSIONS = "/api/v1/ai-sessions"

# What `current` has of a node without items and fields.
ASKS_NOTHING: dict[str, Any] = {
    "sections": [],
    "fields": [],
    "missing": [],
    "waiting": [],
    "may_leave": True,
    "files": [],
}

PRINTER: dict[str, Any] = {
    "root": "power",
    "nodes": {
        "power": {
            "kind": "question",
            "text": "Is the printer on?",
            "choices": [{"label": "Yes", "next": "queue"}, {"label": "No", "next": "switch_on"}],
        },
        "switch_on": {
            "kind": "instruction",
            "text": "Switch it on.",
            "outcomes": [{"label": "It prints", "next": "done"}, {"label": "Still nothing", "next": "queue"}],
        },
        "queue": {
            "kind": "instruction",
            "text": "Clear the print queue.",
            "help": "Stop the spooler first.",
            "outcomes": [{"label": "It prints", "next": "done"}, {"label": "Still nothing", "next": "hand_over"}],
        },
        "done": {"kind": "resolution", "text": "It prints again."},
        "hand_over": {"kind": "escalation", "text": "Hand it over with the printer's model."},
    },
}


def publish_printer_flow(client: TestClient, company: Company) -> uuid.UUID:
    """Publish the printer flow in an account and return its id."""
    made = repeated(company, client.app, ["the printer flow"], lambda: _publish_printer_flow(client, company))
    return uuid.UUID(made)


def _publish_printer_flow(client: TestClient, company: Company) -> str:
    flow = {
        "name": "Printer prints nothing",
        "category": "Printing",
        "description": "A printer does not print.",
        "keywords": ["printer", "prints nothing", "print queue"],
        "tree": PRINTER,
    }
    made = client.post("/api/v1/flows", headers=company.headers(), json=flow)
    assert made.status_code == 201, made.text
    flow_id: str = made.json()["id"]
    published = client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers())
    assert published.status_code < 300, published.text
    return flow_id


def start(client: TestClient, company: Company, role: Role = Role.ENGINEER, **about: Any) -> dict[str, Any]:
    """Start a session and return the answer."""
    what = ["a session", role, about]
    return repeated(company, client.app, what, lambda: start_by_request(client, company, role, **about))


def start_by_request(
    client: TestClient, company: Company, role: Role = Role.ENGINEER, **about: Any
) -> dict[str, Any]:
    """The same, for tests of what the request itself does."""
    body = {"problem_summary": "The printer in accounting prints nothing since this morning", **about}
    answer = client.post("/api/v1/ai-sessions", headers=company.headers(role), json=body)
    assert answer.status_code == 201, answer.text
    started: dict[str, Any] = answer.json()
    return started


def post(
    client: TestClient, company: Company, path: str, role: Role = Role.ENGINEER, **body: Any
) -> httpx2.Response:
    """Send something to a session: `post(client, company, f"{session_id}/steps", choice="Yes")`."""
    return client.post(f"{SESSIONS}/{path}", headers=company.headers(role), json=body)


def take(
    client: TestClient, company: Company, session_id: str, role: Role = Role.ENGINEER, **body: Any
) -> dict[str, Any]:
    """Take an allowed step. Returns the session's new position."""
    answer = post(client, company, f"{session_id}/steps", role, **body)
    assert answer.status_code == 201, answer.text
    state: dict[str, Any] = answer.json()
    return state


def go_back(client: TestClient, company: Company, session_id: str) -> dict[str, Any]:
    """Undo a step, which must be possible. Returns the session's new position."""
    answer = post(client, company, f"{session_id}/back")
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def read(client: TestClient, company: Company, session_id: str, role: Role = Role.ENGINEER) -> dict[str, Any]:
    """A session as a viewer reads it."""
    answer = client.get(f"{SESSIONS}/{session_id}", headers=company.headers(role))
    assert answer.status_code == 200, answer.text
    session: dict[str, Any] = answer.json()
    return session


def node_of(state: dict[str, Any]) -> str | None:
    """The node of the flow at which a session is."""
    return None if state["current"] is None else state["current"]["id"]


def count_wrong(company: Company) -> int:
    """How many sessions have counts that differ from their steps."""
    with account_connection(company.urls, company.id) as connection:
        return reconcile(connection, company.id)
