"""Which way the sessions of a flow went, and where they ended."""

import random
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.flows.tree import Tree
from flowpilot.identity.actor import Role
from flowpilot.sessions import path
from flowpilot.sessions.models import AISessionStep
from tests.company import Company
from tests.handoffs.helpers import send_escalation
from tests.sessions.flows import PRINTER, go_back, post, publish_printer_flow, start, take

BASE = "/api/v1/analytics/flowpilot/flows"


@pytest.fixture
def flow_id(client: TestClient, company: Company) -> uuid.UUID:
    return publish_printer_flow(client, company)


def traffic(client: TestClient, company: Company, flow_id: uuid.UUID, **params: str) -> dict[str, Any]:
    answer = client.get(f"{BASE}/{flow_id}/traffic", params=params, headers=company.headers())
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def edges(found: dict[str, Any]) -> dict[tuple[str, str, str], int]:
    return {(edge["node"], edge["label"], edge["next"]): edge["n"] for edge in found["edges"]}


def nodes(found: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Each node with the counts that are not 0."""
    return {
        one.pop("node"): {name: n for name, n in one.items() if n and name != "too_few_cases"}
        for one in found["nodes"]
    }


def test_more_sessions_than_are_shown_are_said(
    client: TestClient, company: Company, flow_id: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.analytics.traffic.MOST_SESSIONS", 1)
    said = []
    for _ in range(2):
        start(client, company, flow_id=str(flow_id))
        found = traffic(client, company, flow_id)
        said.append((found["sessions"], found["is_newest_only"]))
    assert said == [(1, False), (1, True)]


def test_a_path_counts_at_each_of_its_edges_and_where_it_ends(
    client: TestClient, company: Company, flow_id: uuid.UUID
) -> None:
    solved, left = (start(client, company, flow_id=str(flow_id))["id"] for _ in range(2))
    start(client, company, flow_id=str(flow_id))
    take(client, company, solved, choice="No")
    take(client, company, solved, outcome="It prints")
    assert post(client, company, f"{solved}/resolve", summary="It was off.").status_code == 200
    take(client, company, left, choice="Yes")
    assert send_escalation(client, company, left).status_code == 201
    found = traffic(client, company, flow_id)
    assert found["sessions"] == 3
    assert edges(found) == {
        ("power", "No", "switch_on"): 1,
        ("power", "Yes", "queue"): 1,
        ("switch_on", "It prints", "done"): 1,
    }
    assert nodes(found) == {
        "power": {"n": 3, "open": 1},
        "switch_on": {"n": 1},
        "queue": {"n": 1, "escalated": 1},
        "done": {"n": 1, "resolved": 1},
    }


def test_a_step_that_was_taken_back_does_not_count(
    client: TestClient, company: Company, flow_id: uuid.UUID
) -> None:
    session = start(client, company, flow_id=str(flow_id))["id"]
    take(client, company, session, choice="No")
    go_back(client, company, session)
    take(client, company, session, choice="Yes")
    found = traffic(client, company, flow_id)
    assert edges(found) == {("power", "Yes", "queue"): 1}
    assert nodes(found) == {"power": {"n": 1}, "queue": {"n": 1, "open": 1}}


def test_steps_in_a_sub_flow_are_not_on_the_paths_of_this_flow(
    client: TestClient, company: Company, flow_id: uuid.UUID
) -> None:
    [(version,)] = company.query("SELECT id FROM tree_versions WHERE tree_id = %s", flow_id)
    session = company.add("ai_sessions", matched_flow_id=flow_id, flow_version_id=version)
    for position, (node, label, following, inner) in enumerate(
        [("power", "Yes", "queue", {}), ("power", "Yes", "socket", {"flow": str(uuid.uuid4())})], 1
    ):
        content = {"node": node, "choice": label, "next": following, **inner}
        company.add("ai_session_steps", session_id=session, position=position, kind="answer", content=content)
    found = traffic(client, company, flow_id)
    assert edges(found) == {("power", "Yes", "queue"): 1}
    assert nodes(found) == {"power": {"n": 1}, "queue": {"n": 1, "open": 1}}


def test_every_session_is_where_its_own_page_says(
    client: TestClient, company: Company, flow_id: uuid.UUID
) -> None:
    [(version,)] = company.query("SELECT id FROM tree_versions WHERE tree_id = %s", flow_id)
    dice, tree = random.Random(7), Tree.model_validate(PRINTER)  # noqa: S311 - The same steps each time.
    edge_counts: Counter[tuple[str, str, str]] = Counter()
    end_counts: Counter[str] = Counter()
    for _ in range(12):
        session = company.add("ai_sessions", matched_flow_id=flow_id, flow_version_id=version, status="abandoned")
        steps: list[AISessionStep] = []
        for position in range(1, dice.randint(2, 9)):
            kind, is_free_text, content = _random_step(dice, path.position(tree, steps), steps)
            step = {"kind": kind, "is_free_text": is_free_text, "content": content, "position": position}
            step["id"] = company.add("ai_session_steps", session_id=session, **step)
            steps.append(AISessionStep(**step))
        where = path.position(tree, steps)
        edge_counts.update((s.content["node"], s.content["choice"], s.content["next"]) for s in where.trail)
        end_counts[str(where.node_id)] += 1
    found = traffic(client, company, flow_id)
    assert edges(found) == edge_counts
    assert {node: one["abandoned"] for node, one in nodes(found).items() if "abandoned" in one} == end_counts


def _random_step(
    dice: random.Random, where: path.Position, steps: list[AISessionStep]
) -> tuple[str, bool, dict[str, Any]]:
    roll = dice.random()
    if roll < 0.1:
        return "flow", False, {"flow_id": "another", "name": "Another"}
    if roll < 0.2:
        chosen = [step for step in path.standing(steps) if step.kind == "flow"][-1:]
        if about := [*where.trail, *chosen]:
            return "take_back", False, _take_back(dice.choice(about), where, steps)
    if roll < 0.3 and where.trail:
        return "back", False, {"node": where.node_id, "next": where.trail[-1].content["node"]}
    if roll < 0.4 or where.node is None or not where.node.offered:
        return "answer", True, {"node": where.node_id, "next": where.node_id, "choice": "Something else"}
    choice = dice.choice(where.node.offered)
    return "answer", False, {"node": where.node_id, "next": choice.next, "choice": choice.label}


def _take_back(step: AISessionStep, where: path.Position, steps: list[AISessionStep]) -> dict[str, Any]:
    fallen = path.trail_of(steps).falling(step)
    off_path = [one for one in where.trail if one in [step, *fallen]]
    return {"step": str(step.id), "also": [str(one.id) for one in fallen], "moves": len(off_path)}


def test_sessions_outside_the_window_do_not_count(
    client: TestClient, company: Company, flow_id: uuid.UUID
) -> None:
    [(version,)] = company.query("SELECT id FROM tree_versions WHERE tree_id = %s", flow_id)
    for days in (1, 29, 31):
        began = now() - timedelta(days=days)
        company.add("ai_sessions", matched_flow_id=flow_id, flow_version_id=version, created_at=began)
    assert traffic(client, company, flow_id)["sessions"] == 2
    assert traffic(client, company, flow_id, period="90d")["sessions"] == 3


def test_a_neighbours_flow_has_no_traffic_to_read(
    client: TestClient, company: Company, neighbour: Company, flow_id: uuid.UUID
) -> None:
    assert client.get(f"{BASE}/{flow_id}/traffic", headers=neighbour.headers()).status_code == 404


@pytest.mark.parametrize("role", list(Role))
def test_traffic_is_for_those_who_may_see_reports(
    client: TestClient, company: Company, flow_id: uuid.UUID, role: Role
) -> None:
    answer = client.get(f"{BASE}/{flow_id}/traffic", headers=company.headers(role))
    assert answer.status_code == (200 if role in {Role.TEAM_ADMIN, Role.OWNER} else 403)
