"""What reached the ticket system: time entries, and how many sessions got from one stage to the next."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import TextClause

from flowpilot.analytics.buckets import Bucket, in_buckets
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.summed.psa import (
    ELSEWHERE,
    ELSEWHERE_OF_DAYS,
    ENTRIES,
    ENTRIES_OF_DAYS,
    HOURS,
    LOGGED_SESSIONS,
    LOGGED_SESSIONS_OF_DAYS,
    PUSHED_SESSIONS,
    PUSHED_SESSIONS_OF_DAYS,
)
from flowpilot.analytics.summed.sources import GAPS, PSA_GAPS, calendar, read, summed
from flowpilot.db.session import ReadDb


class PushFunnel(BaseModel):
    """From session to ticket."""

    total_sessions: int
    linked_to_ticket: int
    doc_pushed: int
    time_entry_logged: int


class HoursDay(BaseModel):
    """One day's time entries. `complete` is false while the day is not over."""

    # Equal ones are shared by reports, whose account does not matter.
    model_config = ConfigDict(frozen=True)

    date: date
    entries: int
    hours: float
    complete: bool


class HoursPeriod(HoursDay):
    """A day, an ISO week or a month of time entries. `date` is its first day, and `last_day` its last."""

    last_day: date


class PsaMetrics(Report):
    """The ticket system."""

    total_time_entries: int
    total_hours_logged: float
    avg_hours_per_session: float
    push_funnel: PushFunnel
    n_pushes_from_elsewhere: int = Field(
        description="Pushes in the window that FlowPilot did not make itself: demo data, or from an import."
    )
    daily_trend: list[HoursDay]
    hours_bucket: Bucket = Field(description="What an entry of `hours_periods` covers.")
    hours_periods: list[HoursPeriod] = Field(
        description="The same entries by days, or by weeks or months where those are many: at most 120 or so."
    )


_TICKETS = f"""
    SELECT count(*) AS total_sessions, count(psa_ticket_id) AS linked_to_ticket
    FROM ai_sessions WHERE {CREATED_IN_WINDOW}
"""
_OF_DAYS = f"""
    SELECT sum(total_sessions)::bigint AS total_sessions, sum(linked_to_ticket)::bigint AS linked_to_ticket
    FROM ({_TICKETS} {summed("kind", "n", "tickets")}) parts
"""


def _sql(entries: str, parts: Mapping[str, str], before: str = "") -> TextClause:
    """The statement of its parts, by their names, with others in front."""
    named = ", ".join(f"{name} AS ({sql})" for name, sql in parts.items())
    return statement(f"""
WITH {before} entries AS MATERIALIZED ({entries}),
days AS (SELECT day, sum(n)::bigint AS entries, {HOURS} AS hours FROM entries GROUP BY day),
total AS (SELECT coalesce(sum(n), 0)::bigint AS entries, {HOURS} AS hours FROM entries),
{named}
SELECT *, (SELECT jsonb_agg(days ORDER BY day) FROM days) AS days
FROM total, logged, sessions, pushed, elsewhere
""")


_ROWS_SQL = _sql(
    ENTRIES,
    {"logged": LOGGED_SESSIONS, "sessions": _TICKETS, "pushed": PUSHED_SESSIONS, "elsewhere": ELSEWHERE},
)
_DAYS_SQL = _sql(
    ENTRIES_OF_DAYS,
    {
        "logged": LOGGED_SESSIONS_OF_DAYS,
        "sessions": _OF_DAYS,
        "pushed": PUSHED_SESSIONS_OF_DAYS,
        "elsewhere": ELSEWHERE_OF_DAYS,
    },
    f"{GAPS}, {PSA_GAPS}, {calendar('psa_clean', 'entry_quarter')},",
)


async def psa_metrics(db: ReadDb, window: Window) -> PsaMetrics:
    """The window's ticket system figures, in one statement."""
    row = (await read(db, _DAYS_SQL, _ROWS_SQL, window)).one()
    today, days = window.today, [(date.fromisoformat(day["day"]), day) for day in row.days or []]
    bucket, periods = in_buckets(days)
    return PsaMetrics(
        **header(window, "psa-metrics"),
        total_time_entries=row.entries,
        total_hours_logged=round(row.hours, 2),
        avg_hours_per_session=round(row.hours / row.entries, 2) if row.entries else 0.0,
        push_funnel=PushFunnel(
            total_sessions=row.total_sessions,
            linked_to_ticket=row.linked_to_ticket,
            doc_pushed=row.doc_pushed,
            time_entry_logged=row.time_entry_logged,
        ),
        n_pushes_from_elsewhere=row.n_pushes_from_elsewhere,
        daily_trend=[_day(**_hours([found], day, day, today)) for day, found in days],
        hours_bucket=bucket,
        hours_periods=[
            _period(**_hours(found, first, last, today), last_day=last) for first, last, found in periods
        ],
    )


# The same days are in one report after the other.
_day, _period = lru_cache(4_096)(HoursDay), lru_cache(4_096)(HoursPeriod)


def _hours(days: Sequence[dict[str, Any]], first: date, last: date, today: date) -> dict[str, Any]:
    return {
        "date": first,
        "entries": sum(day["entries"] for day in days),
        "hours": round(sum(day["hours"] for day in days), 2),
        "complete": last < today,
    }
