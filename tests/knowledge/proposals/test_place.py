"""A change to a flow, made from sessions that were handed over at one of its nodes."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company
from tests.knowledge.proposals.loop import PROPOSALS, handed_over, proposals, resolve, whole
from tests.sessions.flows import publish_printer_flow

pytestmark = pytest.mark.anyio

DID = "Replaced the fuser unit"


def make(client: TestClient, company: Company, ids: list[str], flow_id: uuid.UUID, node: str = "queue") -> Any:
    body = {"session_ids": ids, "at": {"flow_id": str(flow_id), "node": node}}
    return client.post(PROPOSALS, headers=company.headers(Role.TEAM_ADMIN), json=body)


def outcomes_added(found: dict[str, Any]) -> list[str]:
    [changed] = found["differences"]["changed"]
    kept = {choice["label"] for choice in changed["before"]["outcomes"]}
    return [choice["label"] for choice in changed["after"]["outcomes"] if choice["label"] not in kept]


async def test_it_changes_the_flow_at_that_node(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    made = make(client, company, [handed_over(client, company, DID)], flow_id)
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["kind"], found["flow_id"], found["node"]) == ("flow_change", str(flow_id), "queue")
    assert outcomes_added(found) == ["As in case 1"]
    assert {node["text"] for node in found["differences"]["added"].values()} >= {DID}


async def test_what_nobody_went_on_from_is_left_out(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    ids = [handed_over(client, company), handed_over(client, company, DID)]
    assert outcomes_added(make(client, company, ids, flow_id).json()) == ["As in case 2"]
    refused = make(client, company, [handed_over(client, company)], flow_id, "power")
    assert (refused.status_code, "nothing to make a flow of" in refused.json()["detail"]) == (409, True)


async def test_sessions_join_the_pending_change_at_the_place(
    client: TestClient, company: Company, database: Database
) -> None:
    flow_id = publish_printer_flow(client, company)
    first = handed_over(client, company, DID)
    made = make(client, company, [first], flow_id).json()
    again = make(client, company, [first, handed_over(client, company, DID)], flow_id)
    assert (again.status_code, again.json()["id"], again.json()["session_count"]) == (200, made["id"], 2)
    await resolve(client, company, database, first, "Replaced the fuser unit of it", Role.TEAM_ADMIN)
    assert [one["id"] for one in proposals(client, company)] == [made["id"]]
    assert whole(client, company, made["id"])["session_count"] == 2


async def test_a_node_that_is_gone_is_refused(client: TestClient, company: Company) -> None:
    flow_id = publish_printer_flow(client, company)
    session_id = handed_over(client, company, DID)
    for flow, node in ((flow_id, "gone"), (uuid.uuid4(), "queue")):
        refused = make(client, company, [session_id], flow, node)
        assert (refused.status_code, "no longer has this step" in refused.json()["detail"]) == (409, True)
    assert proposals(client, company) == []
