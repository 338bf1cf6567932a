"""Which days of handoffs have news: marks in the transaction of every change that a report would show.

What is kept of a handoff also says of its session's others, and of its claims before. So a change marks each day
of all handoffs of the session: those of their creation, their claim, and the claims among their events. Whoever
changes a handoff has locked its session, so it sees them all. The marks are written with the events of the
transaction, in their statement, or last by themselves.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Table, event, inspect, text
from sqlalchemy.orm import Mapper, object_session

from flowpilot.db.base import Base
from flowpilot.db.last import do_last
from flowpilot.db.session import Db
from flowpilot.db.together import also_written
from flowpilot.handoffs.days import records
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.days import rolling
from flowpilot.sessions.models import AISession

rolling.summed.append(rolling.Summed("handoff_days", "handoff_news", records.COLUMNS, records.DAYS, records.FRESH))

_COUNTED = (
    *("created_at", "reason", "claimed_by", "claimed_at", "first_action_at", "claimant_action_at", "closed_at"),
    *("outcome", "claim_work_seconds", "action_work_seconds", "claimant_work_seconds"),
)
_PENDING = "handoff news"

MARKS = """
INSERT INTO handoff_news (account_id, day, id)
SELECT {account}, day, gen_random_uuid() FROM (
    SELECT unnest(CAST({days} AS date[])) AS day
    UNION SELECT (moment AT TIME ZONE 'UTC')::date
    FROM session_handoffs h CROSS JOIN LATERAL (
        SELECT h.created_at UNION SELECT h.claimed_at UNION SELECT e.created_at FROM handoff_events e
        WHERE e.account_id = {account} AND e.handoff_id = h.id AND e.kind = 'claimed'
    ) moments (moment)
    WHERE h.account_id = {account} AND h.session_id = ANY (CAST({sessions} AS uuid[])) AND moment IS NOT NULL
) days
RETURNING 1
"""
_MARK = text(MARKS.format(account=":account_id", days=":days", sessions=":sessions"))
_MARK_MANY = MARKS.format(account="%(account_id)s", days="%(days)s", sessions="%(sessions)s")
_MARK_ALL = f"""
INSERT INTO handoff_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid()
FROM ({records.DAYS} UNION SELECT day FROM handoff_days WHERE account_id = %(account_id)s) days
RETURNING 1
"""  # noqa: S608 - all are our own constants


def day_of(moment: datetime) -> date:
    """The day, in UTC, that something of this moment is kept in."""
    return moment.astimezone(UTC).date()


def mark_all(connection: psycopg.Connection, account_id: object) -> None:
    """Mark every day of the account that has handoffs."""
    connection.execute(_MARK_ALL.encode(), {"account_id": account_id})


def mark_moments(connection: psycopg.Connection, account_id: UUID, moments: Iterable[datetime]) -> None:
    """Mark the days of handoffs that have just come, by what is known of them: looking them up takes longer."""
    days = sorted({day_of(moment) for moment in moments})
    connection.execute(_MARK_MANY.encode(), {"account_id": account_id, "sessions": [], "days": days})


def mark_sessions(connection: psycopg.Connection, account_id: UUID, session_ids: Iterable[UUID | str]) -> None:
    """Mark the days of all handoffs of these sessions: before they go, and after they have come."""
    values = {"account_id": account_id, "sessions": list(session_ids), "days": []}
    connection.execute(_MARK_MANY.encode(), values)


def note(db: Any, session_id: UUID, *moments: datetime | None) -> None:
    """Have the days of the session's handoffs marked in this transaction, and those of these moments."""
    sessions, days = db.info.setdefault(_PENDING, (set(), set()))
    sessions.add(session_id)
    days.update(day_of(moment) for moment in moments if moment is not None)
    do_last(db, _write_pending)


def take_pending(db: Db) -> dict[str, Any] | None:
    """What is to be marked, for the statement that does so; None if there is nothing."""
    found = db.info.pop(_PENDING, None)
    return None if found is None else {"sessions": sorted(found[0]), "days": sorted(found[1])}


async def _write_pending(db: Db) -> None:
    pending = take_pending(db)
    if pending is not None:
        await db.execute(_MARK, {"account_id": db.info["account_id"], **pending})


@event.listens_for(SessionHandoff, "after_insert")
@event.listens_for(SessionHandoff, "after_delete")
def _comes_or_goes(_: Mapper[Any], __: Any, handoff: SessionHandoff) -> None:
    note(object_session(handoff), handoff.session_id, handoff.created_at, handoff.claimed_at)


@event.listens_for(SessionHandoff, "after_update")
def _has_changed(_: Mapper[Any], __: Any, handoff: SessionHandoff) -> None:
    _note_changes(handoff)


@event.listens_for(AISession, "after_update")
def _session_has_changed(_: Mapper[Any], __: Any, session: AISession) -> None:
    _note_changes(session)


def _note_changes(row: Base) -> list[tuple[Table, dict[str, Any]]]:
    """Note what a report would show of this change, also of a row that is written together with others."""
    attributes: Any = inspect(row).attrs
    if isinstance(row, SessionHandoff) and not inspect(row).transient:
        histories = {name: attributes[name].history for name in _COUNTED}
        if any(history.has_changes() for history in histories.values()) or _is_more_complete(attributes.snapshot):
            before = [moment for name in ("created_at", "claimed_at") for moment in histories[name].deleted or ()]
            note(object_session(row), row.session_id, row.created_at, row.claimed_at, *before)
    if isinstance(row, AISession) and not inspect(row).transient and attributes["problem_domain"].history.deleted:
        note(object_session(row), row.id)
    return []


def _is_more_complete(snapshot: Any) -> bool:
    """Whether what has changed of a snapshot is its completeness: reports show no other part of it."""
    was, now = (one[0] if one else {} for one in (snapshot.history.deleted, snapshot.history.added))
    return snapshot.history.has_changes() and (was or {}).get("completeness") != (now or {}).get("completeness")


also_written.append(_note_changes)
