"""Derived values agree with their rows, and reconcile corrects them."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs import derived as handoffs
from flowpilot.sessions import derived as sessions
from tests.company import at

START = at("2026-01-01 00:00")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_random_histories(urls: DatabaseUrls, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    account_id, session_ids = new_id(), [new_id() for _ in range(3)]
    people = [new_id() for _ in range(2)]
    steps: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "session_id": session_id,
            "position": position,
            "kind": draw.choice(["answer", "note", "outcome", "strike", "flow"]),
            "actor_id": draw.choice(people),
            "is_free_text": draw.random() < 0.5,
            "created_at": START + timedelta(seconds=draw.randrange(6)),
        }
        for session_id in session_ids
        for position in range(1, draw.randrange(1, 7))
    ]
    claims: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "session_id": draw.choice(session_ids),
            "created_at": START,
            "claimed_by": draw.choice(people),
            "claimed_at": draw.choice([None, START + timedelta(seconds=draw.randrange(6))]),
            "first_action_at": draw.choice([None, START + timedelta(minutes=1)]),
            "claimant_action_at": draw.choice([None, START + timedelta(minutes=1)]),
            "closed_at": draw.choice([None, START + timedelta(seconds=5)]),
        }
        for _ in range(4)
    ]
    with account_transaction(urls.runtime, account_id) as connection:
        connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'History')", [account_id])
        wrong = ([account_id, session_id, draw.randrange(3)] for session_id in session_ids)
        copy_rows(connection, "ai_sessions", ["account_id", "id", "step_count"], wrong)
        for table, rows in (("ai_session_steps", steps), ("session_handoffs", claims)):
            if rows:
                copy_rows(
                    connection, table, ["account_id", *rows[0]], ([account_id, *row.values()] for row in rows)
                )
        sessions.reconcile(connection, account_id)
        handoffs.reconcile(connection, account_id)
        counts = connection.execute(
            "SELECT id, step_count, answer_count, free_text_count FROM ai_sessions"
        ).fetchall()
        actions = connection.execute(
            "SELECT id, first_action_at, first_action_by, claimant_action_at FROM session_handoffs"
        ).fetchall()
        assert (sessions.reconcile(connection, account_id), handoffs.reconcile(connection, account_id)) == (0, 0)

    for session_id, step_count, answer_count, free_text_count in counts:
        mine = [step for step in steps if step["session_id"] == session_id]
        answers = [step for step in mine if step["kind"] == "answer"]
        assert step_count == len(mine)
        assert answer_count == len(answers)
        assert free_text_count == sum(step["is_free_text"] for step in answers)
    found = {handoff_id: action for handoff_id, *action in actions}
    for handoff in claims:
        after = [
            step
            for step in steps
            if step["session_id"] == handoff["session_id"]
            and handoff["claimed_at"] is not None
            and step["created_at"] > handoff["claimed_at"]
        ]
        first = min(after, key=lambda step: (step["created_at"], step["position"]), default=None)
        ended = handoff["closed_at"] or START + timedelta(days=1)
        own = [one for one in after if one["kind"] not in {"strike", "flow"} and one["created_at"] <= ended]
        by_claimant = [step["created_at"] for step in own if step["actor_id"] == handoff["claimed_by"]]
        expected = [first["created_at"], first["actor_id"]] if first else [None, None]
        assert found[handoff["id"]] == [*expected, min(by_claimant, default=None)]


@pytest.mark.parametrize("feature", [sessions, handoffs])
def test_an_account_is_read_once_whatever_the_planner_knows_of_it(urls: DatabaseUrls, feature: Any) -> None:
    """Right after a bulk load it takes every account for a handful of rows."""
    with account_transaction(urls.runtime, new_id()) as connection:
        feature.reconcile(connection, new_id())
        plan = connection.execute(f"EXPLAIN {feature._RECONCILE}".encode(), {"account_id": new_id()}).fetchall()
    assert [line for (line,) in plan if "Nested Loop" in line or "SubPlan" in line] == []
