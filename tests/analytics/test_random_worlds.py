"""In random worlds, the reports say what the contract's rules say in plain Python."""

import random
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import derived as handoffs
from flowpilot.sessions import derived as sessions
from tests.analytics.naive import Row, World
from tests.company import at, run

NOW = at("2026-03-30 09:30")
START = NOW - timedelta(days=7)
# The clocks in Vienna go forward inside the window.
ZONE = "Europe/Vienna"
EDGES = [START, START - timedelta(microseconds=1), START + timedelta(microseconds=1), NOW]


def _moment(draw: random.Random) -> datetime:
    if draw.random() < 0.15:
        return draw.choice(EDGES)
    return NOW - timedelta(microseconds=draw.randrange(14 * 86400 * 10**6))


def _after(draw: random.Random, moment: datetime, days: float) -> datetime:
    return min(NOW, moment + timedelta(seconds=draw.choice([0, 1, draw.randrange(1, int(days * 86400))])))


def _world(draw: random.Random) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    names = ["email", "EMAIL", "Ärger", "vpn"]
    rows["tree_categories"] = [{"id": new_id(), "name": draw.choice(names)} for _ in range(3)]
    rows["trees"] = [
        {
            "id": new_id(),
            "name": f"Flow {draw.randrange(6)}",
            "tree_type": "procedural",
            "origin": draw.choice(["manual", "ai_generated", "ai_enhanced"]),
            "category_id": draw.choice([None, *(shelf["id"] for shelf in rows["tree_categories"])]),
            "is_active": draw.random() < 0.8,
            "deleted_at": draw.choice([None, None, None, START]),
        }
        for _ in range(8)
    ]
    rows["ai_sessions"] = [_session(draw, rows["trees"]) for _ in range(draw.randrange(60))]
    rows["ai_session_steps"], rows["session_handoffs"] = [], []
    rows["psa_post_logs"], rows["psa_activity_logs"] = [], []
    for session in rows["ai_sessions"]:
        _life(draw, session, rows)
    rows["flow_proposals"] = [
        {
            "id": new_id(),
            "status": draw.choice(["pending", "approved", "modified", "rejected"]),
            "reviewed_at": draw.choice([None, _moment(draw)]),
        }
        for _ in range(6)
    ]
    return rows


def _session(draw: random.Random, trees: list[Row]) -> Row:
    created = _moment(draw)
    status = draw.choice(
        ["active", "paused", "requesting_escalation", "escalated", "resolved", "resolved", "abandoned"]
    )
    ends = status == "resolved" or draw.random() < 0.1
    return {
        "id": new_id(),
        "status": status,
        "problem_domain": draw.choice([None, "email", "Email", "ärger", "vpn", "printing"]),
        "confidence_tier": draw.choice([None, "guided", "exploring", "discovery"]),
        "matched_flow_id": draw.choice([None, *(tree["id"] for tree in trees)]),
        "psa_ticket_id": draw.choice([None, "1"]),
        "session_rating": draw.choice([None, 1, 2, 3, 4, 5]),
        "created_at": created,
        "resolved_at": _after(draw, created, 3) if ends and draw.random() < 0.9 else None,
        "last_activity_at": draw.choice([None, _after(draw, created, 5)]),
    }


def _life(draw: random.Random, session: Row, rows: dict[str, list[Row]]) -> None:
    created: datetime = session["created_at"]
    steps = [_after(draw, created, 2) for _ in range(draw.randrange(5))]
    claims = [draw.choice([None, _after(draw, created, 1), *steps]) for _ in range(draw.randrange(3))]
    session["step_count"] = len(steps)
    rows["ai_session_steps"] += [
        {"id": new_id(), "session_id": session["id"], "position": position, "created_at": moment}
        for position, moment in enumerate(steps, 1)
    ]
    rows["session_handoffs"] += [
        {"id": new_id(), "session_id": session["id"], "created_at": created, "claimed_at": claimed}
        for claimed in claims
    ]
    rows["psa_post_logs"] += [
        {
            "id": new_id(),
            "ai_session_id": session["id"],
            "status": draw.choice(["success", "failed", "pending"]),
            "retry_count": draw.randrange(3),
            "posted_at": draw.choice([None, _moment(draw)]),
        }
        for _ in range(draw.randrange(3))
    ]
    rows["psa_activity_logs"] += [
        {
            "id": new_id(),
            "session_id": draw.choice([None, session["id"]]),
            "activity_type": draw.choice(["note_posted", "time_entry_posted", "time_entry_posted"]),
            "hours_logged": Decimal(draw.randrange(400)) / 100,
            "created_at": _moment(draw),
        }
        for _ in range(draw.randrange(3))
    ]


def _store(urls: DatabaseUrls, rows: dict[str, list[Row]]) -> uuid.UUID:
    account_id = new_id()
    with account_transaction(urls.runtime, account_id) as connection:
        connection.execute(
            "INSERT INTO accounts (id, name, timezone) VALUES (%s, 'Random', %s)", [account_id, ZONE]
        )
        for table, found in rows.items():
            if found:
                values = ([account_id, *row.values()] for row in found)
                copy_rows(connection, table, ["account_id", *found[0]], values)
        assert sessions.reconcile(connection, account_id) == 0
        handoffs.reconcile(connection, account_id)
    return account_id


async def _answers(database: Database, account_id: uuid.UUID) -> dict[str, Any]:
    asked = window(account_id, now=NOW, account_timezone=ZONE, period=Period.WEEK)
    async with database.read(account_id) as db:
        reports = {
            "dashboard": await dashboard(db, asked),
            "coverage": await coverage(db, asked),
            "psa_metrics": await psa_metrics(db, asked),
            "escalations": await escalations(db, asked),
            **{f"flow_quality {sort}": await flow_quality(db, asked, sort) for sort in FlowSort},
        }
    return {name: report.model_dump(mode="json") for name, report in reports.items()}


def _shared_fields(expected: Any, answer: Any) -> Any:
    if isinstance(expected, dict):
        return {key: _shared_fields(value, answer[key]) for key, value in expected.items()}
    if isinstance(expected, list):
        assert len(expected) == len(answer)
        return [_shared_fields(*pair) for pair in zip(expected, answer, strict=True)]
    return datetime.fromisoformat(answer) if isinstance(expected, datetime) else answer


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_reports_are_the_rules(urls: DatabaseUrls, seed: int) -> None:
    rows = _world(random.Random(seed))  # noqa: S311
    account_id = _store(urls, rows)
    answers = run(urls, lambda database: _answers(database, account_id))
    world = World(rows, START, NOW, ZONE)
    expected = {
        "dashboard": world.dashboard(),
        "coverage": world.coverage(),
        "psa_metrics": world.psa_metrics(),
        "escalations": world.escalations(),
        **{f"flow_quality {sort}": world.flow_quality(sort) for sort in FlowSort},
    }
    for name, report in expected.items():
        assert _shared_fields(report, answers[name]) == report, name
