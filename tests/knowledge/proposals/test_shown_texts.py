"""What a session was shown is for that session: a draft has what the flow says to everybody."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.clients.calls import CLIENTS
from tests.company import Company
from tests.knowledge.proposals.test_making import make
from tests.sessions.flows import post, start, take
from tests.sessions.runs.procedure import mark, publish_procedure

SET_UP: dict[str, Any] = {
    "root": "set_up",
    "nodes": {
        "set_up": {
            "kind": "instruction",
            "text": "Set up {{computer}}.",
            "fields": [{"name": "computer", "label": "Name of the PC"}],
            "outcomes": [{"label": "Done", "next": "done"}, {"label": "It is broken", "next": "hand_over"}],
        },
        "done": {"kind": "resolution", "text": "It is ready."},
        "hand_over": {"kind": "escalation", "text": "Hand it over."},
    },
}


@pytest.fixture
def flow_id(client: TestClient, company: Company) -> str:
    """A flow that asks for the name of a computer, and says something else to Acme."""
    flow_id = publish_procedure(client, company, type="troubleshooting", tree=SET_UP)
    acme = client.post(CLIENTS, headers=company.headers(), json={"name": "Acme"}).json()["id"]
    said = {"mode": "instead", "text": "Set up {{computer}} with Acme's image."}
    path = f"/api/v1/flows/{flow_id}/nodes/set_up/client-notes/{acme}"
    assert client.put(path, headers=company.headers(), json=said).status_code == 204
    return flow_id


def _set_up(client: TestClient, company: Company, flow_id: str, computer: str, **about: Any) -> str:
    session_id: str = start(client, company, flow_id=flow_id, **about)["id"]
    mark(client, company, session_id, do="fill", field="computer", value=computer)
    take(client, company, session_id, outcome="Done")
    return session_id


def _drafted(client: TestClient, company: Company, ids: list[str]) -> list[str]:
    made = make(client, company, ids)
    assert made.status_code == 201, made.text
    return [
        node["text"] for node in made.json()["flow"]["tree"]["nodes"].values() if node["kind"] == "instruction"
    ]


def test_a_draft_has_no_values_and_no_clients_words(client: TestClient, company: Company, flow_id: str) -> None:
    ids = [
        _set_up(client, company, flow_id, "PC-1"),
        _set_up(client, company, flow_id, "PC-2", client_name="Acme"),
    ]
    assert _drafted(client, company, ids) == ["Set up [Name of the PC]."]


def test_nor_those_of_a_flow_that_was_left(client: TestClient, company: Company, flow_id: str) -> None:
    ids = [_set_up(client, company, flow_id, computer) for computer in ("PC-1", "PC-2")]
    for session_id in ids:
        left = post(client, company, f"{session_id}/flow", flow_id=None)
        assert left.status_code == 200, left.text
    assert _drafted(client, company, ids) == ["Set up [Name of the PC]."]
