"""Trying a flow goes into its sub-flows and back, as a session does."""

import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.flows.tree import Tree
from flowpilot.identity.actor import Role
from flowpilot.sessions.following.usable import UsableFlow
from flowpilot.web.flows.walking import Walk, walk
from tests.company import Company
from tests.flows.samples import create, publish
from tests.web.conftest import SignedIn

pytestmark = pytest.mark.anyio

OUTER, INNER, DEEP = (uuid.UUID(int=number) for number in (1, 2, 3))


def _tree(first: dict[str, Any]) -> dict[str, Any]:
    done = {"kind": "resolution", "text": "Outer is solved."}
    up = {"kind": "escalation", "text": "Outer is handed over."}
    return {"root": "first", "nodes": {"first": first, "done": done, "up": up}}


def _into(flow: uuid.UUID) -> dict[str, Any]:
    outcomes = [{"label": "Worked", "next": "done"}, {"label": "Did not", "next": "up"}]
    return {"kind": "subflow", "text": "Do the other.", "flow": str(flow), "outcomes": outcomes}


def _question(*targets: str) -> dict[str, Any]:
    choices = [{"label": target, "next": target} for target in targets]
    return {"kind": "question", "text": "Is it on?", "choices": choices}


async def _walk(path: str, flows: dict[uuid.UUID, dict[str, Any]]) -> Walk:
    """Walk through the outer flow; the others are the flows that are published."""

    async def load(named: str) -> UsableFlow | None:
        id_ = uuid.UUID(named)
        if id_ not in flows:
            return None
        return UsableFlow(id_, id_, f"Flow {id_.int}", None, Tree.model_validate(flows[id_]))

    return await walk(OUTER, "Flow 1", Tree.model_validate(flows[OUTER]), path, load)


def _said(found: Walk) -> tuple[list[str], str, list[str]]:
    """The flows, the node's text, and what is offered."""
    node = found.here.node
    flows = [frame.name for frame in found.frames]
    return flows, "" if node is None else node.text, [choice.label for choice in found.offered]


async def test_a_walk_that_arrives_at_a_sub_flow_is_in_it() -> None:
    found = await _walk("", {OUTER: _tree(_into(INNER)), INNER: _tree(_question("done", "up"))})
    assert _said(found) == (["Flow 1", "Flow 2"], "Is it on?", ["done", "up"])


async def test_the_end_of_a_sub_flow_leads_back_and_its_outcomes_are_offered() -> None:
    flows = {OUTER: _tree(_into(INNER)), INNER: _tree(_question("done", "up"))}
    back = await _walk("1", flows)
    assert _said(back) == (["Flow 1"], "Do the other.", ["Worked", "Did not"])
    assert back.ended is not None
    assert back.ended.text == "Outer is handed over."
    end = await _walk("1.0", flows)
    assert _said(end) == (["Flow 1"], "Outer is solved.", [])
    assert [(one.flow, one.label, one.path) for one in end.answered] == [
        ("Flow 2", "up", ""),
        ("Flow 1", "Worked", "1"),
    ]


async def test_a_sub_flow_of_a_sub_flow_is_entered_and_left_one_by_one() -> None:
    flows = {OUTER: _tree(_into(INNER)), INNER: _tree(_into(DEEP)), DEEP: _tree(_question("done"))}
    assert _said(await _walk("", flows))[0] == ["Flow 1", "Flow 2", "Flow 3"]
    assert _said(await _walk("0", flows))[0] == ["Flow 1", "Flow 2"]
    assert _said(await _walk("0.0", flows)) == (["Flow 1"], "Do the other.", ["Worked", "Did not"])
    assert _said(await _walk("0.0.1", flows))[1] == "Outer is handed over."


async def test_a_flow_that_cannot_be_entered_is_said_and_its_outcomes_are_offered() -> None:
    gone = await _walk("", {OUTER: _tree(_into(INNER))})
    assert gone.halt == "The flow that follows here is not published any more."
    assert _said(gone) == (["Flow 1"], "Do the other.", ["Worked", "Did not"])
    circle = await _walk("", {OUTER: _tree(_into(INNER)), INNER: _tree(_into(OUTER))})
    assert circle.halt == "The flows lead in a circle here: Flow 1 → Flow 2 → Flow 1."
    assert _said(circle)[0] == ["Flow 1", "Flow 2"]


async def test_a_number_without_a_choice_ends_the_walk() -> None:
    found = await _walk("0.7.0", {OUTER: _tree(_question("first"))})
    assert (found.path, len(found.answered)) == ("0", 1)


def test_the_page_shows_the_sub_flow_and_what_it_ended_with(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    inner = publish(client, company, name="Scanner is dirty", tree=_tree(_question("done", "up")))
    draft = create(client, company, tree=_tree(_into(uuid.UUID(inner))))["id"]
    browser = signed_in(Role.TEAM_ADMIN)
    page = browser.get(f"/flows/{draft}/preview").text
    assert f'In the sub-flow <a class="wrap" href="/flows/{inner}">Scanner is dirty</a>' in page
    assert f'href="/flows/{inner}/edit?node=first"' in page
    page = browser.get(f"/flows/{draft}/preview?path=0").text
    assert "The sub-flow has ended:" in page
    assert '<h2 id="now" class="now">Do the other.</h2>' in page
    assert "The session ends here: resolved." in browser.get(f"/flows/{draft}/preview?path=0.0").text


def test_another_accounts_flow_is_not_entered(
    client: TestClient, company: Company, neighbour: Company, signed_in: SignedIn
) -> None:
    theirs = publish(client, neighbour, name="Theirs")
    draft = create(client, company, tree=_tree(_into(uuid.UUID(theirs))))["id"]
    page = signed_in(Role.TEAM_ADMIN).get(f"/flows/{draft}/preview").text
    assert "is not published any more" in page
    assert "Theirs" not in page
