"""Which days have news: a mark in the transaction of every change that a sum would show.

What changes sessions through the ORM marks their days by itself. What does so with a statement of its own calls
one of these functions: `tests/sessions/days/test_news.py` knows every place.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Table, event, insert, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapper

from flowpilot.db.base import Base, new_id, table_of
from flowpilot.db.session import Db
from flowpilot.db.together import also_written
from flowpilot.sessions.days.models import SessionDay, SessionNews
from flowpilot.sessions.models import AISession, SessionStatus

# What a sum shows of a session, beside its status and the number of its steps.
_COUNTED = (
    "confidence_tier",
    "problem_domain",
    "matched_flow_id",
    "psa_ticket_id",
    "session_rating",
    "created_at",
    "resolved_at",
    "work_seconds",
)
# What one shows of a session that is resolved.
_OF_RESOLVED = ("step_count", "fix_applied_at")
# What one shows of a session that is not open.
_ANSWERS = ("answer_count", "free_text_count")
_ESCALATED = frozenset({SessionStatus.REQUESTING_ESCALATION, SessionStatus.ESCALATED})
_ENDED = frozenset({SessionStatus.RESOLVED, SessionStatus.ABANDONED})

_EMPTY: dict[str, list[Any]] = {
    column.name: []
    for column in inspect(SessionDay).columns
    if column.name not in {"account_id", "day", "version"}
}


def day_of(created_at: datetime) -> date:
    """The day, in UTC, that a session created then is summed up in."""
    return created_at.astimezone(UTC).date()


def mark(connection: psycopg.Connection, account_id: UUID, moments: Iterable[datetime]) -> None:
    """Mark the days of sessions created at these moments."""
    mark_days(connection, account_id, sorted({day_of(moment) for moment in moments}))


def mark_all(connection: psycopg.Connection, account_id: UUID) -> None:
    """Mark every day of the account that has sessions, or sums."""
    found = connection.execute(
        "SELECT DISTINCT (created_at AT TIME ZONE 'UTC')::date FROM ai_sessions WHERE account_id = %(account_id)s"
        " UNION SELECT day FROM session_days WHERE account_id = %(account_id)s ORDER BY 1",
        {"account_id": account_id},
    ).fetchall()
    mark_days(connection, account_id, [day for (day,) in found])


def mark_days(
    connection: psycopg.Connection, account_id: UUID, days: list[date], table: str = "session_news"
) -> None:
    """Mark these days, in this table of news."""
    ids = [new_id() for _ in days]
    new = "SELECT %s, day, id FROM unnest(%s::date[], %s::uuid[]) AS marks (day, id) RETURNING 1"
    connection.execute(f"INSERT INTO {table} (account_id, day, id) {new}".encode(), (account_id, days, ids))


async def forget_day(db: Db, account_id: UUID, created_at: datetime) -> None:
    """Empty the sums of a day, whose words are to be nowhere any more, and mark it.

    A day that has none gets empty ones. What sums it up at the same time from what it saw before then fails, and
    does it again, or ends first and is emptied: it would otherwise write the words anew.
    """
    day = day_of(created_at)
    emptied = postgresql.insert(SessionDay).values(account_id=account_id, day=day, **_EMPTY)
    await db.execute(emptied.on_conflict_do_update(index_elements=["account_id", "day"], set_=_EMPTY))
    await db.execute(insert(SessionNews).values(account_id=account_id, day=day, id=new_id()))


@event.listens_for(AISession, "after_insert")
@event.listens_for(AISession, "after_delete")
def _comes_or_goes(_: Mapper[Any], connection: Connection, session: AISession) -> None:
    _mark_session(connection, session, [session.created_at])


@event.listens_for(AISession, "after_update")
def _has_changed(_: Mapper[Any], connection: Connection, session: AISession) -> None:
    if _is_counted(session):
        _mark_session(connection, session, [session.created_at, *_before(session, "created_at")])


def _marks_with(row: Base) -> list[tuple[Table, dict[str, Any]]]:
    """The marks of a session that is written together with other rows, not through the ORM."""
    if not isinstance(row, AISession) or not (inspect(row).transient or _is_counted(row)):
        return []
    return [(table_of(SessionNews), one) for one in _marks(row, [row.created_at, *_before(row, "created_at")])]


also_written.append(_marks_with)


def _is_counted(session: AISession) -> bool:
    """Whether a sum shows what this flush changes."""
    state = inspect(session)
    attributes = state.attrs
    if any(attributes[name].history.has_changes() for name in _COUNTED if name in state.committed_state):
        return True
    status = attributes["status"].history
    if status.has_changes() and {_group(old) for old in status.deleted or [""]} != {_group(session.status)}:
        return True
    if session.status == SessionStatus.ABANDONED and attributes["last_activity_at"].history.has_changes():
        return True
    shown = (*_OF_RESOLVED, *_ANSWERS) if session.status == SessionStatus.RESOLVED else _ANSWERS
    return _group(session.status) != "open" and any(attributes[name].history.has_changes() for name in shown)


def _before(session: AISession, name: str) -> Iterable[Any]:
    found: Iterable[Any] = inspect(session).attrs[name].history.deleted or ()
    return found


def _group(status: str) -> str:
    """As `sums.STATUS`."""
    if status in _ESCALATED:
        return SessionStatus.ESCALATED
    return status if status in _ENDED else "open"


def _mark_session(connection: Connection, session: AISession, moments: Iterable[datetime]) -> None:
    connection.execute(insert(SessionNews), _marks(session, moments))


def _marks(session: AISession, moments: Iterable[datetime]) -> list[dict[str, Any]]:
    days = sorted({day_of(moment) for moment in moments})
    return [{"account_id": session.account_id, "day": day, "id": new_id()} for day in days]
