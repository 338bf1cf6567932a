"""What was open at the end of each day, from when sessions and handoffs began and ended."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import statement
from flowpilot.analytics.workload.ends import ENDED_AT, IS_END_UNKNOWN
from flowpilot.db.session import ReadDb

# Longer windows begin with the first day with something.
_MOST_EMPTY_DAYS = 400


def _flow(name: str, table: str, ended: str, known: str = "true") -> str:
    """CTEs: what of a table was there when the window began, and what began and ended on each of its days."""
    return f"""
    {name} AS MATERIALIZED (
        SELECT created_at, ended_at FROM (
            SELECT created_at, {ended} AS ended_at FROM {table}
            WHERE account_id = :account_id AND created_at < :end AND {known}
        ) every WHERE ended_at IS NULL OR ended_at >= :start
    ),
    {name}_days AS (
        SELECT day, sum(begun)\\:\\:int AS begun, sum(ended)\\:\\:int AS ended FROM (
            SELECT (created_at AT TIME ZONE :tz)\\:\\:date AS day, 1 AS begun, 0 AS ended FROM {name}
            WHERE created_at >= :start
            UNION ALL
            SELECT (ended_at AT TIME ZONE :tz)\\:\\:date, 0, 1 FROM {name} WHERE ended_at < :end
        ) moves GROUP BY day
    )
    """


_SQL = statement(f"""
WITH {_flow("sessions", "ai_sessions", ENDED_AT, f"NOT ({IS_END_UNKNOWN})")},
{_flow("handoffs", "session_handoffs", "closed_at")}
SELECT (SELECT count(*) FROM sessions WHERE created_at < :start) AS sessions,
       (SELECT json_agg(d) FROM sessions_days d) AS session_days,
       (SELECT count(*) FROM handoffs WHERE created_at < :start) AS handoffs,
       (SELECT json_agg(d) FROM handoffs_days d) AS handoff_days,
       (SELECT count(*) FROM ai_sessions
        WHERE account_id = :account_id AND created_at < :end AND {IS_END_UNKNOWN}) AS n_unknown
""")


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
    row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
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
