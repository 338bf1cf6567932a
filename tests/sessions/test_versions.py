"""A running session stays on the version of the flow with which it began."""

import copy
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from tests.company import Company
from tests.sessions.flows import PRINTER, SESSIONS, node_of, post, publish_printer_flow, read, start, take

# Everything in it has another name, and the node at which the session is has gone.
CHANGED: dict[str, Any] = {
    "root": "lamp",
    "nodes": {
        "lamp": {
            "kind": "question",
            "text": "Which lamp is lit?",
            "choices": [{"label": "Green", "next": "done"}, {"label": "Red", "next": "done"}],
        },
        "done": {"kind": "resolution", "text": "Call the manufacturer."},
    },
}


def _edit(client: TestClient, company: Company, flow_id: str) -> None:
    draft = {"name": "Printer prints nothing", "category": "Office machines", "tree": CHANGED}
    saved = client.put(f"/api/v1/flows/{flow_id}/draft", headers=company.headers(), json=draft)
    assert saved.status_code == 200, saved.text


def _publish(client: TestClient, company: Company, flow_id: str) -> None:
    _edit(client, company, flow_id)
    client.post(f"/api/v1/flows/{flow_id}/publish", headers=company.headers()).raise_for_status()


def _retire(client: TestClient, company: Company, flow_id: str) -> None:
    client.post(f"/api/v1/flows/{flow_id}/retire", headers=company.headers()).raise_for_status()


def _delete(client: TestClient, company: Company, flow_id: str) -> None:
    client.delete(f"/api/v1/flows/{flow_id}", headers=company.headers()).raise_for_status()


@pytest.mark.parametrize("happens", [_edit, _publish, _retire, _delete])
def test_whatever_happens_to_the_flow_a_running_session_goes_on_as_it_began(
    client: TestClient, company: Company, happens: Any
) -> None:
    flow_id = str(publish_printer_flow(client, company))
    session_id = start(client, company)["id"]
    before = take(client, company, session_id, choice="No")
    happens(client, company, flow_id)
    assert read(client, company, session_id) == before
    assert node_of(take(client, company, session_id, outcome="Still nothing")) == "queue"
    assert node_of(take(client, company, session_id, outcome="Still nothing")) == "hand_over"
    assert node_of(post(client, company, f"{session_id}/back").json()) == "queue"
    note = client.get(f"{SESSIONS}/{session_id}/documentation.txt", headers=company.headers(Role.VIEWER)).text
    assert "- Switch it on: Still nothing\n" in note
    assert "Next in the guide: Clear the print queue.\n" in note


def test_a_session_that_begins_afterwards_follows_the_new_version(client: TestClient, company: Company) -> None:
    flow_id = str(publish_printer_flow(client, company))
    old = start(client, company)
    _publish(client, company, flow_id)
    new = start(client, company)
    assert (old["flow_version"], new["flow_version"]) == (1, 2)
    assert (node_of(old), node_of(new)) == ("power", "lamp")
    assert (old["problem_domain"], new["problem_domain"]) == ("printing", "office machines")


def test_the_same_flow_chosen_again_is_followed_in_its_new_version(client: TestClient, company: Company) -> None:
    flow_id = str(publish_printer_flow(client, company))
    session_id = start(client, company)["id"]
    _publish(client, company, flow_id)
    session = post(client, company, f"{session_id}/flow", flow_id=flow_id).json()
    assert (session["flow_version"], node_of(session)) == (2, "lamp")


@pytest.mark.parametrize("happens", [_retire, _delete])
def test_a_flow_that_is_gone_cannot_be_chosen_again(client: TestClient, company: Company, happens: Any) -> None:
    flow_id = str(publish_printer_flow(client, company))
    session_id = start(client, company)["id"]
    happens(client, company, flow_id)
    assert post(client, company, f"{session_id}/flow", flow_id=flow_id).status_code == 404


def test_the_flow_is_compared_whole(client: TestClient, company: Company) -> None:
    """A stored version is exactly what was published."""
    flow_id = str(publish_printer_flow(client, company))
    session_id = start(client, company)["id"]
    tree = copy.deepcopy(PRINTER)
    query = "SELECT structure FROM tree_versions v JOIN ai_sessions s ON s.flow_version_id = v.id WHERE s.id = %s"
    assert company.query(query, session_id) == [(tree,)]
    _publish(client, company, flow_id)
    assert company.query(query, session_id) == [(tree,)]
