"""Write cases and their people into an account's tables."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from flowpilot.db.base import new_id
from flowpilot.db.bulk import copy_rows
from flowpilot.imports.cases import Case, Event, Handoff, Step
from flowpilot.imports.clients import Clients, Named

_SESSION = (
    *("account_id", "id", "user_id", "status", "problem_summary", "problem_domain", "psa_ticket_id"),
    *("client_id", "client_name", "step_count", "created_at", "resolved_at"),
)
_STEP = ("account_id", "id", "session_id", "position", "actor_id", "content", "created_at")
_HANDOFF = (
    *("account_id", "id", "session_id", "created_by", "created_at", "reason", "claimed_by", "claimed_at"),
    *("first_action_at", "first_action_by", "closed_at"),
)
_EVENT = ("account_id", "id", "handoff_id", "kind", "actor_id", "created_at")
_USER = ("id", "name", "created_at")
_MEMBERSHIP = ("account_id", "user_id", "role", "external_name", "created_at")

Values = tuple[Any, ...]


class People(defaultdict[str | None, UUID | None]):
    """The user id of each name in the log. A new name gets an id; an unknown person (None) does not."""

    def __init__(self, connection: Connection, account_id: UUID) -> None:
        query = (
            "SELECT external_name, user_id FROM memberships WHERE account_id = %s AND external_name IS NOT NULL"
        )
        known = connection.execute(query, (account_id,)).fetchall()
        super().__init__(new_id, {None: None, **dict(known)})
        self._account_id = account_id
        self._known = frozenset(self)

    def write_new(self, connection: Connection, now: datetime) -> int:
        """Add the new names as engineers. Nobody can sign in as them: they have no e-mail and no password."""
        new = [(name, user_id) for name, user_id in self.items() if name not in self._known]
        copy_rows(connection, "users", _USER, ((user_id, name, now) for name, user_id in new))
        members = ((self._account_id, user_id, "engineer", name, now) for name, user_id in new)
        copy_rows(connection, "memberships", _MEMBERSHIP, members)
        return len(new)


def write_cases(
    connection: Connection, account_id: UUID, cases: Sequence[Case], people: People, clients: Clients
) -> None:
    """Write the cases with their steps, their handoffs and the events of those."""
    sessions = [(new_id(), case) for case in cases]
    handoffs = [(new_id(), parent, handoff) for parent, case in sessions for handoff in case.handoffs]
    named = clients.find(case.client for case in cases)
    rows = (_session(account_id, own_id, case, people, named[case.client]) for own_id, case in sessions)
    copy_rows(connection, "ai_sessions", _SESSION, rows)
    rows = (
        _step(account_id, parent, position, step, people)
        for parent, case in sessions
        for position, step in enumerate(case.steps, 1)
    )
    copy_rows(connection, "ai_session_steps", _STEP, rows)
    rows = (_handoff(account_id, own_id, parent, handoff, people) for own_id, parent, handoff in handoffs)
    copy_rows(connection, "session_handoffs", _HANDOFF, rows)
    rows = (
        _event(account_id, parent, event, people) for parent, _, handoff in handoffs for event in handoff.events()
    )
    copy_rows(connection, "handoff_events", _EVENT, rows)


def _session(account_id: UUID, own_id: UUID, case: Case, people: People, client: Named) -> Values:
    return (
        *(account_id, own_id, people[case.engineer], case.status, case.summary, case.domain, case.ticket),
        *(*client, len(case.steps), case.created_at, case.resolved_at),
    )


def _step(account_id: UUID, session_id: UUID, position: int, step: Step, people: People) -> Values:
    content = json.dumps(step.content)
    return (account_id, new_id(), session_id, position, people[step.by], content, step.at)


def _handoff(account_id: UUID, own_id: UUID, session_id: UUID, handoff: Handoff, people: People) -> Values:
    claim, action = handoff.claim, handoff.first_action
    return (
        *(account_id, own_id, session_id, people[handoff.by], handoff.at, handoff.reason),
        *((people[claim.by], claim.at) if claim else (None, None)),
        *((action.at, people[action.by]) if action else (None, None)),
        handoff.ended.at,
    )


def _event(account_id: UUID, handoff_id: UUID, event: Event, people: People) -> Values:
    return (account_id, new_id(), handoff_id, event.kind, people[event.by], event.at)
