"""Reads of an account's working hours: for the product, and for what writes many rows at once."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import JSON, BindParameter, ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.models import AccountHours
from flowpilot.working_hours import HoursHistory, Span, WorkingHours, begins_at, span

_ALWAYS = datetime.min.replace(tzinfo=UTC)

_STORED = (
    "SELECT valid_from, timezone, spans, holidays FROM account_hours WHERE account_id = %s"
    " ORDER BY valid_from NULLS FIRST"
)

# A column with all versions, for a statement that reads something else of the account.
HOURS = (
    "(SELECT json_agg(json_build_array(valid_from, timezone, spans, holidays) ORDER BY valid_from NULLS FIRST)"
    " FROM account_hours WHERE account_id = :account_id) AS account_hours"
)

_VERSION = (AccountHours.valid_from, AccountHours.timezone, AccountHours.spans, AccountHours.holidays)

Stored = tuple[date | None, str, Sequence[dict[str, Any]] | None, Sequence[dict[str, Any]]]


async def versions(db: ReadDb, account_id: uuid.UUID) -> Sequence[AccountHours]:
    """All hours that the account has had and will have, the oldest first."""
    query = select(AccountHours).where(AccountHours.account_id == account_id)
    return (await db.scalars(query.order_by(AccountHours.valid_from.nulls_first()))).all()


async def hours_history(db: ReadDb, account_id: uuid.UUID) -> HoursHistory:
    """The account's hours at any time, in one statement."""
    query = select(*_VERSION).where(AccountHours.account_id == account_id)
    rows = (await db.execute(query.order_by(AccountHours.valid_from.nulls_first()))).all()
    return history_of(tuple(row) for row in rows)


async def opening_hours(db: ReadDb, account_id: uuid.UUID, now: datetime) -> WorkingHours | None:
    """When the account works now; None if it works around the clock."""
    return (await hours_history(db, account_id)).at(now)


def hours_column(account_id: BindParameter[uuid.UUID]) -> ScalarSelect[Any]:
    """The same as a column, for a statement that does something else: `history_in` reads it."""
    version = aggregate_order_by(func.json_build_array(*_VERSION), AccountHours.valid_from.nulls_first())
    rows = select(func.json_agg(version, type_=JSON)).where(AccountHours.account_id == account_id)
    return rows.scalar_subquery()


def stored_history(connection: psycopg.Connection, account_id: object) -> HoursHistory:
    """The same for an import and for `db reconcile`."""
    return history_of(connection.execute(_STORED, [account_id]).fetchall())


def history_in(column: Sequence[Any] | None) -> HoursHistory:
    """The history that the column `HOURS`, or `hours_column`, has."""
    return history_of(
        (None if since is None else date.fromisoformat(since), zone, spans, holidays)
        for since, zone, spans, holidays in column or []
    )


def history_of(stored: Iterable[Stored]) -> HoursHistory:
    """The history of stored versions, the oldest first."""
    moments: list[datetime] = []
    hours: list[WorkingHours | None] = []
    for valid_from, timezone, spans, holidays in stored:
        zone = ZoneInfo(timezone)
        moment = _ALWAYS if valid_from is None else begins_at(valid_from, zone)
        moments.append(max([moment, *moments[-1:]]))
        hours.append(None if spans is None else hours_of(spans, holidays, zone))
    return HoursHistory(moments, hours)


def hours_of(spans: Iterable[dict[str, Any]], holidays: Iterable[dict[str, Any]], zone: ZoneInfo) -> WorkingHours:
    """Hours as they are stored and as the API has them."""
    by_day: defaultdict[int, list[Span]] = defaultdict(list)
    for one in spans:
        by_day[one["weekday"]].append(span(one["start"], one["end"]))
    return WorkingHours(by_day, zone, frozenset(date.fromisoformat(str(one["date"])) for one in holidays))
