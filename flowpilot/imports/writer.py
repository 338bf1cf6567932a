"""Write cases and their people into an account's tables."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from flowpilot.db.base import new_id_text
from flowpilot.db.bulk import NULL, Drafts, copy_rows, json_of, line_of
from flowpilot.handoffs.days.news import mark_moments, mark_sessions
from flowpilot.identity.hours.queries import stored_history
from flowpilot.imports.case.model import Case, Handoff
from flowpilot.imports.clients import Clients, Named
from flowpilot.sessions.days.news import mark
from flowpilot.sessions.edits.words import NEVER_WRITTEN
from flowpilot.sessions.search.words import stored
from flowpilot.working_hours import HoursHistory, work_seconds

_SESSION = (
    *("id", "user_id", "status", "problem_summary", "problem_domain", "psa_ticket_id"),
    *("client_id", "client_name", "step_count", "created_at", "resolved_at", "work_seconds"),
)
_STEP = ("id", "session_id", "position", "actor_id", "content", "created_at")
_HANDOFF = (
    *("id", "session_id", "created_by", "created_at", "reason", "claimed_by", "claimed_at"),
    *("first_action_at", "first_action_by", "claimant_action_at", "closed_at"),
    *("claim_work_seconds", "action_work_seconds", "claimant_work_seconds"),
)
_TEXT = ("id", "words")
_EVENT = ("id", "handoff_id", "kind", "actor_id", "created_at")
_USER = ("id", "name", "created_at")
_MEMBERSHIP = ("account_id", "user_id", "role", "external_name", "created_at")

Values = tuple[Any, ...]


class People(defaultdict[str | None, str | None]):
    """The user id of each name in the log, as text. A new name gets an id; an unknown person (None) does not."""

    def __init__(self, connection: Connection, account_id: UUID) -> None:
        query = (
            "SELECT external_name, user_id FROM memberships WHERE account_id = %s AND external_name IS NOT NULL"
        )
        known = connection.execute(query, (account_id,)).fetchall()
        # Members whom an import knows by the names that they have in the ticket system.
        mapped = (
            "SELECT p.key, p.value::uuid FROM import_runs r, jsonb_each_text(r.rules->'people') p"
            " WHERE r.account_id = %s ORDER BY r.created_at, r.id"
        )
        members = connection.execute(mapped, (account_id,)).fetchall()
        ids = {name: str(user_id) for name, user_id in (*known, *members)}
        super().__init__(new_id_text, {None: None, **ids})
        self._account_id = account_id
        self._known = frozenset(self)

    def write_new(self, connection: Connection, now: datetime) -> list[str]:
        """Add the new names as engineers, and return their ids. Without an e-mail nobody can sign in as them."""
        new = [(name, user_id) for name, user_id in self.items() if user_id and name not in self._known]
        copy_rows(connection, "users", _USER, ((user_id, name, now) for name, user_id in new))
        members = ((self._account_id, user_id, "engineer", name, now) for name, user_id in new)
        copy_rows(connection, "memberships", _MEMBERSHIP, members)
        return [user_id for _, user_id in new]


Sessions = Sequence[tuple[str, Case]]
"""Cases with the ids of their sessions, as texts: each is written many times."""


def write_cases(
    drafts: Drafts, sessions: Sessions, people: People, clients: Clients, history: HoursHistory
) -> None:
    """Write new sessions with their steps, their handoffs and the events of those, as drafts.

    Their days have to be marked (`mark_days_of`) once the connection may be used.
    """
    named = clients.find(case.client for _, case in sessions)
    rows = (_session(own_id, case, people, named[case.client], history) for own_id, case in sessions)
    drafts.copy("ai_sessions", _SESSION, (line_of(*row) for row in rows))
    _write_contents(drafts, sessions, people, named, history)


def mark_days_of(connection: Connection, account_id: UUID, sessions: Sessions) -> None:
    """Mark the days of new sessions and of their handoffs: reports have something new to read there."""
    if sessions:
        mark(connection, account_id, (case.created_at for _, case in sessions))
        mark_moments(connection, account_id, _moments(sessions))


def rewrite_cases(drafts: Drafts, sessions: Sessions, people: People, clients: Clients) -> None:
    """Write sessions again that imports alone have written, with all that belongs to them, as drafts."""
    connection, account_id = drafts.connection, drafts.account_id
    named = clients.find(case.client for _, case in sessions)
    # The runtime role deletes no steps itself.
    cleared = [own_id for own_id, _ in sessions]
    mark_sessions(connection, account_id, cleared)
    connection.execute("SELECT clear_imported_sessions(%s, %s::uuid[])", (account_id, cleared))
    moments = "SELECT created_at FROM ai_sessions WHERE account_id = %s AND id = ANY(%s::uuid[])"
    before = connection.execute(moments, (account_id, cleared)).fetchall()
    mark(connection, account_id, [*(at for (at,) in before), *(case.created_at for _, case in sessions)])
    # Names of columns are our own constants; values are bound.
    columns = ", ".join(f"{column} = %s" for column in _SESSION[1:])
    statement = f"UPDATE ai_sessions SET {columns} WHERE account_id = %s AND id = %s"  # noqa: S608
    history = stored_history(connection, account_id)
    rows = (_session(own_id, case, people, named[case.client], history) for own_id, case in sessions)
    with connection.cursor() as cursor:
        cursor.executemany(statement.encode(), [(*row[1:], account_id, row[0]) for row in rows])
    texts = "DELETE FROM session_texts WHERE account_id = %s AND id = ANY(%s::uuid[])"
    connection.execute(texts, (account_id, cleared))
    _write_contents(drafts, sessions, people, named, history)
    mark_moments(connection, account_id, _moments(sessions))


def _moments(sessions: Sessions) -> Iterator[datetime]:
    """When something happened to a handoff of these cases."""
    return (event.at for _, case in sessions for handoff in case.handoffs for event in handoff.events())


def _words(case: Case, people: People, client_id: UUID | None) -> str:
    """What `sessions/search` would keep of the case."""
    said: dict[str, None] = {}  # The steps of a case repeat theirs.
    for content in (step.content for step in case.steps):
        if NEVER_WRITTEN.isdisjoint(content):
            said |= dict.fromkeys(content.values())
        else:
            said |= dict.fromkeys(text for name, text in content.items() if name not in NEVER_WRITTEN)
    involved = {case.engineer, *(step.by for step in case.steps)}
    return stored([case.summary, case.ticket or "", *said], [client_id, *(people[name] for name in involved)])


def _write_contents(
    drafts: Drafts, sessions: Sessions, people: People, named: Mapping[str | None, Named], history: HoursHistory
) -> None:
    texts = (line_of(own_id, _words(case, people, named[case.client][0])) for own_id, case in sessions)
    drafts.copy("session_texts", _TEXT, texts)
    drafts.copy("ai_session_steps", _STEP, _steps(sessions, people))
    handoffs = [(new_id_text(), parent, handoff) for parent, case in sessions for handoff in case.handoffs]
    rows = (_handoff(own_id, parent, handoff, people, history) for own_id, parent, handoff in handoffs)
    drafts.copy("session_handoffs", _HANDOFF, (line_of(*row) for row in rows))
    drafts.copy("handoff_events", _EVENT, _events(handoffs, people))


def _steps(sessions: Sessions, people: People) -> Iterator[str]:
    """The steps as lines: they are most of an import."""
    for own_id, case in sessions:
        for position, step in enumerate(case.steps, 1):
            content = json_of(step.content)
            yield f"{new_id_text()}\t{own_id}\t{position}\t{people[step.by] or NULL}\t{content}\t{step.at}\n"


def _events(handoffs: Iterable[tuple[str, str, Handoff]], people: People) -> Iterator[str]:
    for own_id, _, handoff in handoffs:
        for event in handoff.events():
            yield f"{new_id_text()}\t{own_id}\t{event.kind.value}\t{people[event.by] or NULL}\t{event.at}\n"


def _session(own_id: str, case: Case, people: People, client: Named, history: HoursHistory) -> Values:
    return (
        *(own_id, people[case.engineer], case.status, case.summary, case.domain, case.ticket),
        *(*client, len(case.steps), case.created_at, case.resolved_at),
        work_seconds(case.created_at, case.resolved_at, history),
    )


def _handoff(own_id: str, session_id: str, handoff: Handoff, people: People, history: HoursHistory) -> Values:
    claim, action = handoff.claim, handoff.first_action
    claimed_at, claimants = None if claim is None else claim.at, handoff.claimant_action
    return (
        *(own_id, session_id, people[handoff.by], handoff.at, handoff.reason),
        *((people[claim.by], claim.at) if claim else (None, None)),
        *((action.at, people[action.by]) if action else (None, None)),
        None if handoff.claimant_action is None else handoff.claimant_action.at,
        handoff.ended and handoff.ended.at,
        work_seconds(handoff.at, claimed_at, history),
        work_seconds(claimed_at, None if action is None else action.at, history),
        work_seconds(claimed_at, None if claimants is None else claimants.at, history),
    )
