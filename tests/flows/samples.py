"""Small flows, and helpers that change them over HTTP or by the product's own functions."""

import uuid
from typing import Any

import httpx2
from fastapi.testclient import TestClient

from flowpilot.flows.text import FlowText
from flowpilot.identity.actor import Actor, Role
from tests.company import Company
from tests.repeats import repeated

FLOWS = "/api/v1/flows"

TREE: dict[str, Any] = {
    "root": "power",
    "nodes": {
        "power": {
            "kind": "question",
            "text": "Is the printer on?",
            "choices": [{"label": "Yes", "next": "hand_over"}, {"label": "No", "next": "switch_on"}],
        },
        "switch_on": {
            "kind": "instruction",
            "text": "Switch it on.",
            "help": "The switch is at the back.",
            "outcomes": [{"label": "It prints", "next": "done"}],
        },
        "done": {"kind": "resolution", "text": "It prints again."},
        "hand_over": {"kind": "escalation", "text": "Hand over the model."},
    },
}

# A draft may be incomplete; this one has a choice that leads nowhere.
BROKEN: dict[str, Any] = {
    "root": "power",
    "nodes": {
        "power": {
            "kind": "question",
            "text": "Is it on?",
            "choices": [{"label": "Yes", "next": "done"}, {"label": "No", "next": "nowhere"}],
        },
        "done": {"kind": "resolution", "text": "It was on."},
    },
}

YAML = """\
name: Printer is offline
category: Printing
description: A printer does not print.
keywords: [printer offline, print queue]
root: power
nodes:
  power:
    question: Is the printer on?
    choices:
      Yes: done
      No: hand_over
  done:
    resolution: It was on.
  hand_over:
    escalation: Hand over the model.
"""


def body(**changes: Any) -> dict[str, Any]:
    """A flow as it is sent: `body(name="Scanner")`."""
    flow = {
        "name": "Printer is offline",
        "category": "Printing",
        "description": "A printer does not print.",
        "keywords": ["printer offline", "print queue"],
        "tree": TREE,
    }
    return flow | changes


def flow_text(**changes: Any) -> FlowText:
    """The same for the product's own functions."""
    return FlowText.model_validate(body(**changes))


def actor(company: Company, role: Role = Role.TEAM_ADMIN) -> Actor:
    """The account's user with that role, as a route would have it."""
    return Actor(company.id, company.users[role], role, "UTC")


def post(
    client: TestClient, company: Company, path: str = "", role: Role = Role.TEAM_ADMIN, **sent: Any
) -> httpx2.Response:
    """Send something: `post(client, company, f"/{flow_id}/publish")`."""
    return client.post(f"{FLOWS}{path}", headers=company.headers(role), json=sent or None)


def create(client: TestClient, company: Company, **changes: Any) -> dict[str, Any]:
    """Make a flow and return it."""
    answer = post(client, company, **body(**changes))
    assert answer.status_code == 201, answer.text
    flow: dict[str, Any] = answer.json()
    return flow


def publish(client: TestClient, company: Company, **changes: Any) -> str:
    """Make a flow, publish it, and return its id."""
    what = ["a published flow", changes]
    return repeated(company, client.app, what, lambda: _publish(client, company, changes))


def _publish(client: TestClient, company: Company, changes: dict[str, Any]) -> str:
    flow_id: str = create(client, company, **changes)["id"]
    answer = post(client, company, f"/{flow_id}/publish")
    assert answer.status_code == 200, answer.text
    return flow_id


def save(client: TestClient, company: Company, flow_id: str | uuid.UUID, **changes: Any) -> httpx2.Response:
    """Save the draft of a flow."""
    return client.put(f"{FLOWS}/{flow_id}/draft", headers=company.headers(Role.TEAM_ADMIN), json=body(**changes))


def get(client: TestClient, company: Company, path: str = "", role: Role = Role.VIEWER) -> Any:
    """What the account's viewer reads at this path."""
    answer = client.get(f"{FLOWS}{path}", headers=company.headers(role))
    assert answer.status_code == 200, answer.text
    return answer.json()
