"""Where flows end in a handoff, and what the seniors did there."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from flowpilot.analytics.escalations.endings import FlowEndings, SeniorDeed, flow_endings
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
SENIOR = new_id()


def _handed_over(
    company: Company, flow_id: uuid.UUID, node: str | None, *did: str, by: uuid.UUID = SENIOR, **snapshot: Any
) -> None:
    """A handoff at a node, which the senior claims after a minute; they then do these things."""
    session = company.add("ai_sessions", matched_flow_id=flow_id, created_at=DAY)
    place = {} if node is None else {"node": {"id": node, "text": f"The text of {node}"}}
    claimed = DAY + timedelta(minutes=1)
    company.add(
        "session_handoffs",
        session_id=session,
        created_at=DAY,
        claimed_at=claimed,
        claimed_by=SENIOR,
        snapshot=place | snapshot,
    )
    for position, text in enumerate(did, 1):
        company.add(
            "ai_session_steps",
            session_id=session,
            position=position,
            kind="note",
            actor_id=by,
            content={"text": text},
            created_at=claimed + timedelta(minutes=position),
        )


async def _report(database: Database, company: Company) -> FlowEndings:
    async with database.read(company.id) as db:
        return await flow_endings(db, window(company.id, now=NOW, account_timezone="UTC"))


async def test_nodes_are_counted_with_their_share_of_the_flow(database: Database, company: Company) -> None:
    flow = company.add("trees", name="VPN")
    for node in ("cable", "cable", "cable", "router"):
        _handed_over(company, flow, node)
    found = await _report(database, company)
    assert found.n_placed == 4
    assert [(one.flow, one.node, one.text, one.n, one.n_of_flow) for one in found.nodes] == [
        ("VPN", "cable", "The text of cable", 3, 4),
        ("VPN", "router", "The text of router", 1, 4),
    ]
    assert (found.nodes[0].share_of_flow, found.nodes[0].share_of_flow_ci95) == (0.75, rate_ci95(3, 4))


async def test_a_node_says_what_the_flow_says(database: Database, company: Company) -> None:
    flow = company.add("trees", name="VPN")
    structure = {"root": "cable", "nodes": {"cable": {"kind": "escalation", "text": "Check {{cable}}."}}}
    version = company.add("tree_versions", tree_id=flow, number=1, structure=structure, published_at=DAY)
    company.query("UPDATE trees SET published_version_id = %s WHERE id = %s RETURNING 1", version, flow)
    for node in ("cable", "cable", "router"):
        _handed_over(company, flow, node)
    texts = [one.text for one in (await _report(database, company)).nodes]
    assert texts == ["Check {{cable}}.", "The text of router"]


async def test_what_seniors_did_most_comes_first_however_it_is_worded(
    database: Database, company: Company
) -> None:
    flow = company.add("trees", name="VPN")
    _handed_over(company, flow, "cable", "Renewed the certificate of the gateway", "Called the provider")
    _handed_over(company, flow, "cable", "Gateway certificate renewed")
    _handed_over(company, flow, "cable", "Renewed the certificate of the gateway")
    (node,) = (await _report(database, company)).nodes
    assert [deed.n for deed in node.seniors_did] == [3, 1]
    assert "certificate" in node.seniors_did[0].text
    assert node.seniors_did[1] == SeniorDeed(text="Called the provider", n=1)


@pytest.mark.parametrize("edit", ["strike", "correct"])
async def test_a_suggestion_stays_done_whatever_becomes_of_its_note(
    database: Database, company: Company, edit: str
) -> None:
    flow = company.add("trees", name="VPN")
    _handed_over(company, flow, "cable")
    [(session,)] = company.query("SELECT id FROM ai_sessions")
    content = {
        "instruction": "Restart the gateway.",
        "outcome": "Did not help",
        "suggestion": "ai",
        "note": "Slow.",
    }
    known = {"session_id": session, "actor_id": SENIOR, "created_at": DAY + timedelta(minutes=2)}
    step = company.add("ai_session_steps", position=1, kind="outcome", content=content, **known)
    company.add("ai_session_steps", position=2, kind=edit, content={"step": str(step), "text": "Slower."}, **known)
    (node,) = (await _report(database, company)).nodes
    assert node.seniors_did == [SeniorDeed(text="Restart the gateway.", n=1)]


@pytest.mark.parametrize(("edit", "text", "n"), [("strike", "", 0), ("correct", "Reset the switch.", 1)])
async def test_a_fix_that_did_not_help_is_what_the_fix_reads_now(
    database: Database, company: Company, edit: str, text: str, n: int
) -> None:
    flow = company.add("trees", name="VPN")
    _handed_over(company, flow, "cable")
    [(session,)] = company.query("SELECT id FROM ai_sessions")
    known = {"session_id": session, "actor_id": SENIOR, "created_at": DAY + timedelta(minutes=2)}
    fix = company.add("ai_session_steps", position=1, kind="fix", content={"text": "Reset the router."}, **known)
    failed = {"instruction": "Reset the router.", "outcome": "Did not help", "fix": str(fix), "note": "Slow."}
    company.add("ai_session_steps", position=2, kind="outcome", content=failed, **known)
    company.add("ai_session_steps", position=3, kind=edit, content={"step": str(fix), "text": text}, **known)
    (node,) = (await _report(database, company)).nodes
    assert node.seniors_did == [SeniorDeed(text=text, n=n)][:n]


async def test_what_others_did_does_not_count(database: Database, company: Company) -> None:
    flow = company.add("trees", name="VPN")
    _handed_over(company, flow, "cable", "Renewed the certificate", by=new_id())
    (node,) = (await _report(database, company)).nodes
    assert node.seniors_did == []


async def test_handoffs_without_a_place_are_no_endings(database: Database, company: Company) -> None:
    _handed_over(company, company.add("trees", name="VPN"), None)
    found = await _report(database, company)
    assert (found.n_placed, found.nodes) == (0, [])


async def test_the_flow_is_that_of_the_snapshot(database: Database, company: Company) -> None:
    """A session may follow another flow after it was claimed."""
    first, later, inner = (company.add("trees", name=name) for name in ("First", "Later", "Inner"))
    _handed_over(company, later, "cable", flow={"id": str(first), "name": "First", "version": 1})
    _handed_over(company, later, "port", flow={"id": str(first)}, subflows=[{"id": str(inner), "name": "Inner"}])
    assert [(one.flow, one.node) for one in (await _report(database, company)).nodes] == [
        ("First", "cable"),
        ("Inner", "port"),
    ]
