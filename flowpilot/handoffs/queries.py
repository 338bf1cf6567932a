"""Reads of handoffs: the queue, and one with everything that happened to it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, defer

from flowpilot.clients.models import Client
from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.nested import rows_column, rows_in
from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.db.texts import is_text
from flowpilot.handoffs.locking import HandoffNotFoundError
from flowpilot.handoffs.models import HandoffEvent, SessionHandoff
from flowpilot.handoffs.policy import WAITS_FOR_FIX
from flowpilot.handoffs.questions.models import HandoffQuestion
from flowpilot.handoffs.questions.queries import n_open, questions_column
from flowpilot.handoffs.rules.models import EscalationSettings
from flowpilot.handoffs.rules.requirements import AVOIDABLE_REASONS
from flowpilot.handoffs.rules.trying import tried_since
from flowpilot.handoffs.suggestions.queries import results
from flowpilot.http.paging import decode_cursor, encode_cursor
from flowpilot.identity.queries import names_of
from flowpilot.sessions.models import AISession, AISessionStep

_WithSession = Select[SessionHandoff, AISession, int, dict[str, Any] | None]

# `closed` has those that have ended: not one that a fix has set aside until it is looked at.
State = Literal["queue", "waiting", "claimed", "acted", "closed", "all"]

_NO_ONE_YET = SessionHandoff.claimed_by.is_(None)
_NOTHING_YET = SessionHandoff.claimant_action_at.is_(None)
_OPEN = SessionHandoff.closed_at.is_(None)

_STATES: dict[State, Sequence[ColumnElement[bool]]] = {
    "queue": (_OPEN, _NOTHING_YET),
    "waiting": (_OPEN, _NO_ONE_YET),
    "claimed": (_OPEN, SessionHandoff.claimed_by.is_not(None), _NOTHING_YET),
    "acted": (_OPEN, SessionHandoff.claimant_action_at.is_not(None)),
    # What is set aside by a fix that waits has not ended: its holder holds it again if that does not help.
    "closed": (SessionHandoff.closed_at.is_not(None), ~WAITS_FOR_FIX),
    "all": (),
}

# Unclaimed handoffs come first, the most urgent and then the oldest on top; history has the newest on top.
_QUEUE_ORDER = (
    SessionHandoff.claimed_by.is_not(None),
    SessionHandoff.priority,
    SessionHandoff.created_at,
    SessionHandoff.id,
)
_QUEUE_KEY = (bool, int, datetime, uuid.UUID)
_HISTORY_ORDER = (SessionHandoff.created_at, SessionHandoff.id)
_HISTORY_KEY = (datetime, uuid.UUID)


class Counts(NamedTuple):
    """How many open handoffs nobody holds, and how many are held by somebody who has not acted yet."""

    waiting: int
    claimed: int


# Built once: to build them takes longer than PostgreSQL takes to answer.
_ACCOUNT: BindParameter[uuid.UUID] = bindparam("account_id", type_=Uuid)
_HANDOFF: BindParameter[uuid.UUID] = bindparam("handoff_id", type_=Uuid)

_WITH_SESSION: _WithSession = (
    select(SessionHandoff, AISession, n_open(_ACCOUNT), tried_since(_ACCOUNT))
    .join(
        AISession,
        and_(AISession.account_id == SessionHandoff.account_id, AISession.id == SessionHandoff.session_id),
    )
    .where(SessionHandoff.account_id == _ACCOUNT)
    .execution_options(populate_existing=True)
)

# Of one handoff, whether its session had another one before, ...
_EARLIER = aliased(SessionHandoff)
_IS_AGAIN = select(_EARLIER.id).where(
    _EARLIER.account_id == _ACCOUNT,
    _EARLIER.session_id == SessionHandoff.session_id,
    _EARLIER.created_at < SessionHandoff.created_at,
)
# ... whether it has steps since, ...
_HAS_LATER = select(AISessionStep.id).where(
    AISessionStep.account_id == _ACCOUNT,
    AISessionStep.session_id == SessionHandoff.session_id,
    AISessionStep.created_at > SessionHandoff.created_at,
)
# ... and everything that happened to it. Imported events have no numbers, and came before.
_EVENTS = rows_column(
    HandoffEvent,
    HandoffEvent.account_id == _ACCOUNT,
    HandoffEvent.handoff_id == SessionHandoff.id,
    order=(HandoffEvent.number.nulls_first(), HandoffEvent.created_at, HandoffEvent.id),
)
_REASONS = select(EscalationSettings.avoidable_reasons).where(EscalationSettings.account_id == _ACCOUNT)
_WHOLE = _WITH_SESSION.outerjoin(
    Client, and_(Client.account_id == SessionHandoff.account_id, Client.id == AISession.client_id)
).add_columns(
    Client.notes,
    _REASONS.scalar_subquery().label("reasons"),
    _IS_AGAIN.correlate(SessionHandoff).exists().label("is_again"),
    _HAS_LATER.correlate(SessionHandoff).exists().label("has_later"),
    _EVENTS.correlate(SessionHandoff).label("events"),
    questions_column(_ACCOUNT).label("questions"),
    results(_ACCOUNT).label("results"),
)
_ONE = Built(_WHOLE.where(SessionHandoff.id == _HANDOFF), populate_existing=True)
_LATEST = aliased(SessionHandoff)
_NEWEST = (
    select(_LATEST.id)
    .where(_LATEST.account_id == _ACCOUNT, _LATEST.session_id == bindparam("session_id", type_=Uuid))
    .order_by(_LATEST.created_at.desc(), _LATEST.id.desc())
    .limit(literal_column("1"))
)
_NEWEST_OF = Built(_WHOLE.where(SessionHandoff.id == _NEWEST.scalar_subquery()), populate_existing=True)


@dataclass(frozen=True, slots=True)
class HandoffFilter:
    """Which handoffs a list shows; None shows them all."""

    state: State = "queue"
    priority: Sequence[int] | None = None
    domain: str | None = None
    target_user_id: uuid.UUID | None = None
    claimed_by: uuid.UUID | None = None
    created_by: uuid.UUID | None = None
    session_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A handoff with its session; `names` has those of its people who are members.

    `client_notes`, what the account says could spare an escalation (`avoidable_reasons`), whether its session was
    escalated before (`is_again`), everything that happened to it (`events`), whether its session has steps since
    (`has_later`), what was asked back (`questions`), and what became of suggestions (`results`, by their words)
    are read for one handoff only, not in a list. `n_open_questions`: how many of those are open. `tried`: who was
    first to try something after a handoff with nothing tried, and when.
    """

    handoff: SessionHandoff
    session: AISession
    names: dict[uuid.UUID, str]
    client_notes: str = ""
    avoidable_reasons: Sequence[str] = ()
    n_open_questions: int = 0
    tried: dict[str, Any] | None = None
    is_again: bool = False
    events: Sequence[HandoffEvent] = ()
    has_later: bool = True
    questions: Sequence[HandoffQuestion] = ()
    results: Mapping[str, str] = field(default_factory=dict)


async def handoffs(
    db: ReadDb, account_id: uuid.UUID, filter_: HandoffFilter, limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """A page of the list, and the cursor of the next.

    Raises:
        BadCursorError: the cursor is not from this list.
    """
    is_history, order, types = _order(filter_.state)
    if cursor is None and filter_ == HandoffFilter(filter_.state):
        found = await _first_page(filter_.state, limit).all(db, account_id=account_id)
    else:
        query = _filtered(_listed(filter_.state), filter_).options(defer(AISession.problem_body))
        if cursor is not None:
            key, mark = tuple_(*order), tuple_(*map(literal, decode_cursor(cursor, *types)))
            query = query.where(key < mark if is_history else key > mark)
        found = list(await db.execute(query.limit(limit + 1), {"account_id": account_id}))
    rows = await _named(db, account_id, [(row[0], row[1], row[2], row[3]) for row in found[:limit]])
    return rows, encode_cursor(found[limit - 1][4:]) if len(found) > limit else None


def _order(state: State) -> tuple[bool, Sequence[Any], Sequence[type]]:
    """Whether a list is history, by what it is ordered, and the types of that."""
    is_history = state in {"closed", "all"}
    return (True, _HISTORY_ORDER, _HISTORY_KEY) if is_history else (False, _QUEUE_ORDER, _QUEUE_KEY)


def _listed(state: State) -> _WithSession:
    """A list in its order, with by what it is ordered."""
    is_history, order, _ = _order(state)
    query = _WITH_SESSION.where(*_STATES[state])
    return query.add_columns(*order).order_by(*(column.desc() if is_history else column for column in order))


@lru_cache(maxsize=64)
def _first_page(state: State, limit: int) -> Built:
    """What a list shows when it is opened."""
    query = _listed(state).limit(literal_column(str(limit + 1)))
    return Built(query, populate_existing=True, without=[AISession.problem_body])


_N_CLAIMED = func.count().filter(SessionHandoff.claimed_by.is_not(None), _NOTHING_YET)
COUNTS = Lookup(
    select(func.count().filter(_NO_ONE_YET), _N_CLAIMED).where(
        SessionHandoff.account_id == bindparam("account_id"), _OPEN
    ),
    Counts,
)


def counts(account_id: uuid.UUID) -> Asked[Counts]:
    """What the queue holds now."""
    return COUNTS.of(account_id=account_id)


async def newest_of(db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID) -> Row | None:
    """The handoff of a session that was made last, if it was ever escalated."""
    found = await _NEWEST_OF.first(db, account_id=account_id, session_id=session_id)
    return None if found is None else await _whole(db, account_id, found)


async def read_handoff(db: ReadDb, account_id: uuid.UUID, handoff_id: uuid.UUID) -> Row:
    """One handoff.

    Raises:
        HandoffNotFoundError: the account has no such handoff.
    """
    found = await _ONE.first(db, account_id=account_id, handoff_id=handoff_id)
    if found is None:
        raise HandoffNotFoundError
    return await _whole(db, account_id, found)


async def _whole(db: ReadDb, account_id: uuid.UUID, found: Any) -> Row:
    """A handoff with all that is read for one only."""
    (row,) = await _named(db, account_id, [(found[0], found[1], found[2], found[3])])
    return replace(
        row,
        client_notes=found.notes or "",
        avoidable_reasons=found.reasons or AVOIDABLE_REASONS,
        is_again=found.is_again,
        events=rows_in(HandoffEvent, found.events),
        has_later=found.has_later,
        questions=rows_in(HandoffQuestion, found.questions),
        results=found.results or {},
    )


def _filtered(query: _WithSession, filter_: HandoffFilter) -> _WithSession:
    if filter_.priority is not None:
        query = query.where(SessionHandoff.priority.in_(filter_.priority))
    if filter_.domain is not None:
        query = query.where(is_text(AISession.problem_domain, filter_.domain))
    people: dict[InstrumentedAttribute[Any], uuid.UUID | None] = {
        SessionHandoff.target_user_id: filter_.target_user_id,
        SessionHandoff.claimed_by: filter_.claimed_by,
        SessionHandoff.created_by: filter_.created_by,
        SessionHandoff.session_id: filter_.session_id,
    }
    return query.where(*(column == value for column, value in people.items() if value is not None))


async def _named(
    db: ReadDb,
    account_id: uuid.UUID,
    found: Sequence[tuple[SessionHandoff, AISession, int, dict[str, Any] | None]],
) -> list[Row]:
    people = {
        person
        for handoff, _, _, tried in found
        for person in (
            handoff.created_by,
            handoff.returns_to,
            handoff.target_user_id,
            handoff.claimed_by,
            handoff.first_action_by,
            None if tried is None or tried["by"] is None else uuid.UUID(tried["by"]),
        )
        if person is not None
    }
    names = await names_of(db, account_id, people) if people else {}
    return [Row(handoff, session, names, n_open_questions=n, tried=tried) for handoff, session, n, tried in found]
