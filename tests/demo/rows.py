"""Simulated rows, and queries of them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol, TypeVar

from flowpilot.db.base import Base
from flowpilot.demo.simulation.simulate import DemoRows, simulate
from flowpilot.demo.world import DemoAccount
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.tree import Tree
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.sessions.models import AISession, AISessionStep, StatusChange, StepKind
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.runs.marks import values as fields_of

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)  # A Tuesday, in office hours in both zones.


class _OfSession(Protocol):
    session_id: Any
    created_at: Any


T = TypeVar("T", bound=_OfSession)


class Facts:
    """An account's rows, found by what they belong to. Steps, changes and events are in their order."""

    def __init__(self, account: DemoAccount, rows: DemoRows, now: datetime) -> None:
        self.account, self.rows, self.now = account, rows, now
        self.sessions = {session.id: session for session in rows.sessions}
        self.flows = {flow.id: flow for flow in rows.flows}
        self.versions = {version.id: version for version in rows.flow_versions}
        self.trees = {version.id: Tree.model_validate(version.structure) for version in rows.flow_versions}
        self.steps: dict[uuid.UUID, list[AISessionStep]] = _by_session(rows.steps)
        self.changes: dict[uuid.UUID, list[StatusChange]] = _by_session(rows.status_changes)
        self.handoffs: dict[uuid.UUID, list[SessionHandoff]] = _by_session(rows.handoffs)
        self.events: dict[uuid.UUID, list[HandoffEvent]] = defaultdict(list)
        for event in rows.handoff_events:
            self.events[event.handoff_id].append(event)

    def tree_of(self, session: AISession) -> Tree | None:
        """The tree of the version that a session follows."""
        return None if session.flow_version_id is None else self.trees[session.flow_version_id]

    def inner(self, steps: Sequence[AISessionStep]) -> dict[uuid.UUID, Tree]:
        """The trees of the sub-flows that a session has entered, with the values of its fields."""
        entered = {uuid.UUID(step.content["version_id"]) for step in steps if step.kind == StepKind.ENTER}
        return {version_id: fill_tree(self.trees[version_id], fields_of(steps)) for version_id in entered}

    def history(self, session: AISession, until: datetime) -> SessionHistory:
        """The session as it was at a time; only its derived values may be later."""
        flow = None if session.matched_flow_id is None else self.flows[session.matched_flow_id]
        tree = self.tree_of(session)
        steps = [step for step in self.steps[session.id] if step.created_at <= until]
        return SessionHistory(
            session=session,
            steps=steps,
            inner=self.inner(steps),
            changes=[change for change in self.changes[session.id] if change.created_at <= until],
            flow_name=None if flow is None else flow.name,
            flow_number=None if flow is None else self.versions[session.flow_version_id].number,  # type: ignore[index]
            tree=None if tree is None else fill_tree(tree, fields_of(steps)),
            names={member.person.id: member.person.name for member in self.account.members},
        )


@cache
def simulated(account: DemoAccount) -> DemoRows:
    """The rows of an account, simulated once for all tests."""
    return simulate(account, now=NOW, seed=1)


@cache
def facts(account: DemoAccount) -> Facts:
    """The same rows, found by what they belong to."""
    return Facts(account, simulated(account), NOW)


def values(row: Base) -> tuple[Any, ...]:
    """All of a row's values, which can be compared."""
    return tuple(getattr(row, column.name) for column in row.__table__.columns if column.name in vars(row))


def all_values(rows: DemoRows) -> list[list[tuple[Any, ...]]]:
    """All values of all tables."""
    return [[values(row) for row in table] for table in rows.tables()]


def moments(rows: DemoRows) -> list[datetime]:
    """Every time in any row, except for those that may be in the future."""
    ahead = {"lease_expires_at", "look_again_at"}
    named = [(name, value) for table in rows.tables() for row in table for name, value in vars(row).items()]
    return [value for name, value in named if isinstance(value, datetime) and name not in ahead]


def _by_session(rows: Sequence[T]) -> dict[uuid.UUID, list[T]]:
    found: dict[uuid.UUID, list[T]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.created_at):
        found[row.session_id].append(row)
    return found
