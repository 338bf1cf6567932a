"""Flows that lead into each other: signing in leads into the reset of a password, which may lead further."""

import uuid
from typing import Any

from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from tests.company import Company
from tests.repeats import repeated

FLOWS = "/api/v1/flows"
PROBLEM = "A user cannot sign in to her computer since this morning"


def _choices(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"label": label, "next": target} for label, target in pairs]


def sign_in(reset: uuid.UUID | str) -> dict[str, Any]:
    """A flow whose node `reset` leads into another flow. Its ids are those of `RESET`, too."""
    return {
        "root": "ask",
        "nodes": {
            "ask": {
                "kind": "question",
                "text": "Is the password known?",
                "choices": _choices(("Yes", "done"), ("No", "reset")),
            },
            "reset": {
                "kind": "subflow",
                "text": "Reset the password.",
                "flow": str(reset),
                "outcomes": _choices(("Signed in", "done"), ("Still locked out", "collect")),
            },
            "collect": {
                "kind": "instruction",
                "text": "Collect the sign-in log.",
                "outcomes": _choices(("Collected", "hand_over")),
            },
            "done": {"kind": "resolution", "text": "The user is signed in."},
            "hand_over": {"kind": "escalation", "text": "Hand it over with the log."},
        },
    }


RESET: dict[str, Any] = {
    "root": "ask",
    "nodes": {
        "ask": {
            "kind": "question",
            "text": "Is the account in the cloud?",
            "choices": _choices(("Yes", "cloud"), ("No", "hand_over")),
        },
        "cloud": {
            "kind": "instruction",
            "text": "Reset it in the portal.",
            "outcomes": _choices(("Done", "done"), ("Refused", "hand_over")),
        },
        "done": {"kind": "resolution", "text": "The password is new."},
        "hand_over": {"kind": "escalation", "text": "Ask the directory's owner."},
    },
}


def through(*flow_ids: uuid.UUID | str) -> dict[str, Any]:
    """A flow that does nothing but lead into these, one after the other."""
    nodes: dict[str, Any] = {
        f"into_{number}": {
            "kind": "subflow",
            "text": f"Go through number {number}.",
            "flow": str(flow_id),
            "outcomes": _choices(("Through", f"into_{number + 1}" if number < len(flow_ids) else "done")),
        }
        for number, flow_id in enumerate(flow_ids, 1)
    }
    return {"root": "into_1", "nodes": {**nodes, "done": {"kind": "resolution", "text": "That was all."}}}


def draft(client: TestClient, company: Company, name: str, tree: dict[str, Any]) -> uuid.UUID:
    """A new flow that is a draft."""
    made = client.post(FLOWS, headers=company.headers(), json={"name": name, "tree": tree})
    assert made.status_code == 201, made.text
    return uuid.UUID(made.json()["id"])


def save(client: TestClient, company: Company, flow_id: uuid.UUID, name: str, tree: dict[str, Any]) -> None:
    """Save a flow's draft."""
    saved = client.put(f"{FLOWS}/{flow_id}/draft", headers=company.headers(), json={"name": name, "tree": tree})
    assert saved.status_code == 200, saved.text


def publish(client: TestClient, company: Company, name: str, tree: dict[str, Any]) -> uuid.UUID:
    """A new flow that is published."""
    what = ["a flow", name, tree]
    return uuid.UUID(repeated(company, client.app, what, lambda: _publish(client, company, name, tree)))


def _publish(client: TestClient, company: Company, name: str, tree: dict[str, Any]) -> str:
    flow_id = draft(client, company, name, tree)
    answer = client.post(f"{FLOWS}/{flow_id}/publish", headers=company.headers())
    assert answer.status_code == 200, answer.text
    return str(flow_id)


def force_published_tree(company: Company, flow_id: uuid.UUID, tree: dict[str, Any]) -> None:
    """Change what a flow has published, past all checks, as no release does."""
    company.query(
        "UPDATE tree_versions v SET structure = %s FROM trees f WHERE f.id = %s AND v.id = f.published_version_id "
        "RETURNING v.id",
        Jsonb(tree),
        flow_id,
    )
