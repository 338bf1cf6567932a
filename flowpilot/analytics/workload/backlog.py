"""What was open at the end of each day, from when sessions and handoffs began and ended."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field
from sqlalchemy import TextClause

from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import statement
from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, calendar, read
from flowpilot.analytics.workload.days import IS_BEFORE, NOT_YET_OVER, QUARTER_AFTER, SINCE_EVER
from flowpilot.db.session import ReadDb
from flowpilot.sessions.days.sums import ENDED_AT, IS_END_UNKNOWN, UNKNOWN

# Longer windows begin with the first day with something.
_MOST_EMPTY_DAYS = 400


@dataclass(frozen=True, slots=True)
class _Kind:
    """What may be open, and how its clean days say so: of each quarter, as expressions over lists."""

    name: str
    table: str
    ended_at: str
    is_known: str
    days: str
    begun: str

    def rows(self, of_days: str = "") -> str:
        """CTEs: what was there when the window began, and what began and ended on each of its days."""
        return f"""
        {self.name} AS MATERIALIZED (
            SELECT created_at, ended_at FROM (
                SELECT created_at, {self.ended_at} AS ended_at FROM {self.table}
                WHERE account_id = :account_id AND created_at < :end AND {self.is_known}
            ) every WHERE ended_at IS NULL OR ended_at >= :start
        ),
        {self.name}_days AS (
            SELECT day, sum(begun)::int AS begun, sum(ended)::int AS ended FROM (
                SELECT (created_at AT TIME ZONE :tz)::date AS day, 1 AS begun, 0 AS ended FROM {self.name}
                WHERE created_at >= :start
                UNION ALL
                SELECT (ended_at AT TIME ZONE :tz)::date, 0, 1 FROM {self.name} WHERE ended_at < :end
                {of_days}
            ) moves GROUP BY day
        )
        """

    @property
    def quarters(self) -> str:
        """A CTE: what began and ended in quarters of the window, of what began on clean days."""
        return f"""
        {self.name}_quarters AS MATERIALIZED (
            SELECT unnest(begun_quarter) AS quarter, {self.begun} AS begun, 0 AS ended FROM {self.days}
            WHERE NOT {IS_BEFORE}
            UNION ALL
            SELECT quarter, 0, n FROM (
                SELECT unnest(over_quarter[{NOT_YET_OVER}:]) AS quarter, unnest(over_n[{NOT_YET_OVER}:]) AS n
                FROM {self.days}
            ) over WHERE quarter < {QUARTER_AFTER}
        )
        """

    @property
    def of_days(self) -> str:
        """The days of these quarters, for what `rows` has."""
        return f"UNION ALL SELECT {DAY_OF_QUARTER}, begun, ended FROM {self.name}_quarters"

    @property
    def open_before(self) -> str:
        """How many of those of clean days were open when the window began."""
        return f"""(
            SELECT coalesce(sum((SELECT sum(n) FROM unnest(over_n[{NOT_YET_OVER}:]) n)), 0)::bigint
            FROM {self.days} WHERE {IS_BEFORE}
        )"""


_SESSIONS = _Kind(
    *("sessions", "ai_sessions", ENDED_AT, f"NOT ({IS_END_UNKNOWN})", "clean"),
    "unnest(begun_n) - unnest(begun_end_unknown)",
)
_HANDOFFS = _Kind("handoffs", "session_handoffs", "closed_at", "true", "handoff_clean", "unnest(begun_n)")
_KINDS = (_SESSIONS, _HANDOFFS)


def _sql(parts: str, sessions_before: str, handoffs_before: str, n_unknown: str) -> TextClause:
    """Parts of what is counted, and what is added to it."""
    return statement(f"""
    WITH {parts}
    SELECT (SELECT count(*) FROM sessions WHERE created_at < :start) + {sessions_before} AS sessions,
           (SELECT json_agg(d) FROM sessions_days d) AS session_days,
           (SELECT count(*) FROM handoffs WHERE created_at < :start) + {handoffs_before} AS handoffs,
           (SELECT json_agg(d) FROM handoffs_days d) AS handoff_days,
           (SELECT count(*) FROM ai_sessions
            WHERE account_id = :account_id AND created_at < :end AND {IS_END_UNKNOWN}) + {n_unknown} AS n_unknown
    """)


_ROWS_SQL = _sql(", ".join(kind.rows() for kind in _KINDS), "0", "0", "0")
_SPAN = f"""
span AS (
    SELECT ARRAY[min(quarter), max(quarter)] AS quarters
    FROM ({" UNION ALL ".join(f"SELECT quarter FROM {kind.name}_quarters" for kind in _KINDS)}) quarters
)
"""
_DAYS_SQL = _sql(
    ", ".join(
        (
            SINCE_EVER,
            *(kind.quarters for kind in _KINDS),
            *(_SPAN, calendar("span", "quarters")),
            *(kind.rows(kind.of_days) for kind in _KINDS),
        )
    ),
    _SESSIONS.open_before,
    _HANDOFFS.open_before,
    f"(SELECT coalesce(sum(over_n[1]), 0)::bigint FROM clean WHERE over_quarter[1] = {UNKNOWN})",
)


class BacklogDay(BaseModel):
    """One calendar day of the window, in its zone."""

    date: date
    sessions_opened: int
    sessions_ended: int = Field(description="Resolved or abandoned.")
    sessions_open: int = Field(description="At the day's end, or at `as_of` on a day that is not over.")
    handoffs_opened: int
    handoffs_closed: int
    handoffs_open: int
    complete: bool


class Backlog(Report):
    """What was open at each day's end. A session that was reopened counts as open until it ended for good."""

    sessions_open_before: int = Field(description="At the window's start.")
    handoffs_open_before: int
    n_unknown: int = Field(description="Sessions that a log ended at an unknown time; they are not counted.")
    days: list[BacklogDay] = Field(
        description="A window of more than 400 days begins with the first day with something."
    )


async def backlog(db: ReadDb, window: Window) -> Backlog:
    """The report, in one statement."""
    row = (await read(db, _DAYS_SQL, _ROWS_SQL, window)).one()
    return Backlog(
        **header(window, "backlog"),
        sessions_open_before=row.sessions,
        handoffs_open_before=row.handoffs,
        n_unknown=row.n_unknown,
        days=_days(row, window),
    )


def _days(row: Any, window: Window) -> list[BacklogDay]:
    zone, today = ZoneInfo(window.timezone), window.today
    day = window.start.astimezone(zone).date()
    last = min((window.end - timedelta(microseconds=1)).astimezone(zone).date(), today)
    sessions, handoffs = _by_day(row.session_days), _by_day(row.handoff_days)
    if (last - day).days >= _MOST_EMPTY_DAYS and not row.sessions and not row.handoffs:
        day = min([*sessions, *handoffs, last])
    sessions_open, handoffs_open, days = row.sessions, row.handoffs, []
    while day <= last:
        (opened, ended), (handed_over, closed) = sessions.get(day, (0, 0)), handoffs.get(day, (0, 0))
        sessions_open += opened - ended
        handoffs_open += handed_over - closed
        days.append(
            BacklogDay(
                date=day,
                sessions_opened=opened,
                sessions_ended=ended,
                sessions_open=sessions_open,
                handoffs_opened=handed_over,
                handoffs_closed=closed,
                handoffs_open=handoffs_open,
                complete=day < today,
            )
        )
        day += timedelta(days=1)
    return days


def _by_day(rows: list[dict[str, Any]] | None) -> dict[date, tuple[int, int]]:
    return {date.fromisoformat(row["day"]): (row["begun"], row["ended"]) for row in rows or []}
