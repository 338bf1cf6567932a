"""Which days of pushes and time entries have news: a mark in the transaction of each change that a sum shows.

A session counts once in a window, so its next push says when the one before was: a change marks its day, too. What
others push at the same time nobody sees yet, so the next hour belongs to a change: no transaction lasts as long.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Insert, event, insert, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapper

from flowpilot.db.base import new_id
from flowpilot.psa.days.models import PsaNews
from flowpilot.psa.days.sums import DAYS, IS_LOGGED, IS_PUSHED
from flowpilot.psa.models import PsaActivityLog, PsaPostLog

_MEANWHILE = timedelta(hours=1)

# The days themselves, and those of later ones of the session.
_MARK = """
INSERT INTO psa_news (account_id, day, id)
SELECT :account_id, day, gen_random_uuid() FROM (
    SELECT unnest(CAST(:days AS date[])) AS day
    UNION SELECT ({moment} AT TIME ZONE 'UTC')::date FROM {table}
    WHERE account_id = :account_id AND {session} = :session_id AND {moment} > :since AND {condition}
) days
RETURNING 1
"""
_MARK_PUSH = text(
    _MARK.format(table="psa_post_logs", session="ai_session_id", moment="posted_at", condition=IS_PUSHED)
)
_MARK_ENTRY = text(
    _MARK.format(table="psa_activity_logs", session="session_id", moment="created_at", condition=IS_LOGGED)
)
_MARK_ALL = f"""
INSERT INTO psa_news (account_id, day, id)
SELECT %(account_id)s, day, gen_random_uuid()
FROM ({DAYS} UNION SELECT day FROM psa_days WHERE account_id = %(account_id)s) days
RETURNING 1
"""  # noqa: S608 - all are our own constants


def days_of(moments: Iterable[datetime]) -> list[date]:
    """The days, in UTC, whose sums show a change at these moments."""
    ends = (moment.astimezone(UTC) + later for moment in moments for later in (timedelta(0), _MEANWHILE))
    return sorted({end.date() for end in ends})


def logged(row: Mapping[str, Any]) -> Insert:
    """The statement that adds an activity as of now, unless it is there, and marks its day: no other is later."""
    adding = postgresql.insert(PsaActivityLog).values(row).on_conflict_do_nothing()
    for number, day in enumerate(days_of([row["created_at"]])):
        new = insert(PsaNews).values(account_id=row["account_id"], day=day, id=new_id())
        adding = adding.add_cte(new.cte(f"mark_{number}"))
    return adding


def mark_all(connection: psycopg.Connection, account_id: UUID) -> None:
    """Mark every day of the account that has pushes or time entries, or sums."""
    connection.execute(_MARK_ALL.encode(), {"account_id": account_id})


@event.listens_for(PsaPostLog, "after_insert")
@event.listens_for(PsaPostLog, "after_update")
@event.listens_for(PsaPostLog, "after_delete")
def _push_changes(_: Mapper[Any], connection: Connection, log: PsaPostLog) -> None:
    _mark(connection, log, "posted_at", log.ai_session_id)


@event.listens_for(PsaActivityLog, "after_insert")
@event.listens_for(PsaActivityLog, "after_update")
@event.listens_for(PsaActivityLog, "after_delete")
def _entry_changes(_: Mapper[Any], connection: Connection, log: PsaActivityLog) -> None:
    _mark(connection, log, "created_at", log.session_id)


def _mark(connection: Connection, log: PsaPostLog | PsaActivityLog, name: str, session_id: UUID | None) -> None:
    attributes: Any = inspect(log).attrs  # type: ignore[attr-defined]
    before = attributes[name].history.deleted or ()
    moments = [moment for moment in (*before, getattr(log, name)) if moment is not None]
    if not moments:
        return
    statement = _MARK_PUSH if isinstance(log, PsaPostLog) else _MARK_ENTRY
    values = {"account_id": log.account_id, "session_id": session_id, "since": min(moments)}
    connection.execute(statement, {**values, "days": days_of(moments)})
