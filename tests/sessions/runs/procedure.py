"""A small procedure: a checklist with fields, and what is done with it over HTTP."""

from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.repeats import repeated
from tests.sessions.flows import post, start

NEW_PC: dict[str, Any] = {
    "root": "set_up",
    "nodes": {
        "set_up": {
            "kind": "checklist",
            "text": "Set up {{name}}.",
            "help": "Run this:\n```\nRename-Computer {{name}}\n```",
            "fields": [
                {"name": "name", "label": "Name of the PC", "required": True},
                {"name": "bought", "label": "Bought on", "kind": "date"},
            ],
            "sections": [
                {
                    "title": "Before",
                    "items": [
                        {"id": "unpack", "text": "Unpack it."},
                        {"id": "join", "text": "Join {{name}}.", "required": True},
                    ],
                },
                {"title": "After", "items": [{"id": "label", "text": "Label it.", "required": True}]},
            ],
            "outcomes": [{"label": "Done", "next": "done"}, {"label": "It is broken", "next": "hand_over"}],
        },
        "done": {"kind": "resolution", "text": "{{name}} is ready."},
        "hand_over": {"kind": "escalation", "text": "Hand it over."},
    },
}


def publish_procedure(client: TestClient, company: Company, **changes: Any) -> str:
    """Publish the procedure, and return the id of its flow."""
    what = ["a procedure", changes]
    return repeated(company, client.app, what, lambda: _publish(client, company, changes))


def _publish(client: TestClient, company: Company, changes: dict[str, Any]) -> str:
    flow = {"name": "New PC", "category": "Hardware", "type": "procedural", "keywords": ["new pc"], "tree": NEW_PC}
    made = client.post("/api/v1/flows", headers=company.headers(), json=flow | changes)
    assert made.status_code == 201, made.text
    flow_id: str = made.json()["id"]
    published = client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers())
    assert published.status_code < 300, published.text
    return flow_id


def start_run(client: TestClient, company: Company, role: Role = Role.ENGINEER, **changes: Any) -> str:
    """Start a run of the procedure, and return its id."""
    flow_id = publish_procedure(client, company, **changes)
    about = "A new PC for Anna in the office"
    run_id: str = start(client, company, role, flow_id=flow_id, problem_summary=about)["id"]
    return run_id


@pytest.fixture
def run_id(client: TestClient, company: Company) -> str:
    """A run at its checklist."""
    return start_run(client, company)


def try_to(
    client: TestClient, company: Company, run_id: str, role: Role = Role.ENGINEER, **body: Any
) -> httpx2.Response:
    """Send a mark."""
    return post(client, company, f"{run_id}/marks", role, **body)


def mark(
    client: TestClient, company: Company, run_id: str, role: Role = Role.ENGINEER, **body: Any
) -> dict[str, Any]:
    """Make a mark that is allowed, and return the session."""
    answer = try_to(client, company, run_id, role, **body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    return state


def do_all(client: TestClient, company: Company, run_id: str, role: Role = Role.ENGINEER) -> dict[str, Any]:
    """Do all that is required."""
    mark(client, company, run_id, role, do="fill", field="name", value="PC-12")
    mark(client, company, run_id, role, do="tick", item="join")
    return mark(client, company, run_id, role, do="tick", item="label")
