"""What the demo's tests ask of simulated rows."""

from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flowpilot.db.base import Base
from flowpilot.demo.simulate import DemoRows, simulate
from flowpilot.demo.world import DemoAccount
from flowpilot.handoffs.models import HandoffEvent
from flowpilot.sessions.models import AISessionStep

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # A Tuesday, in office hours in both zones.


@cache
def simulated(account: DemoAccount) -> DemoRows:
    """The rows of an account, simulated once for all tests."""
    return simulate(account, now=NOW, seed=1)


def values(row: Base) -> tuple[Any, ...]:
    """All of a row's values, which can be compared."""
    return tuple(getattr(row, column.name) for column in row.__table__.columns)


def all_values(rows: DemoRows) -> list[list[tuple[Any, ...]]]:
    """All values of all tables."""
    return [[values(row) for row in table] for table in rows.tables()]


def moments(rows: DemoRows) -> list[datetime]:
    """Every moment that any row names."""
    return [value for table in all_values(rows) for row in table for value in row if isinstance(value, datetime)]


def steps_by_session(rows: DemoRows) -> dict[Any, list[AISessionStep]]:
    """Each session's steps in the order of their moments."""
    steps: dict[Any, list[AISessionStep]] = defaultdict(list)
    for step in sorted(rows.steps, key=lambda step: step.created_at):
        steps[step.session_id].append(step)
    return steps


def events_by_handoff(rows: DemoRows) -> dict[Any, list[HandoffEvent]]:
    """Each handoff's events in the order of their moments."""
    events: dict[Any, list[HandoffEvent]] = defaultdict(list)
    for event in sorted(rows.handoff_events, key=lambda event: event.created_at):
        events[event.handoff_id].append(event)
    return events
