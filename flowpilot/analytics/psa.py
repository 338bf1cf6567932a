"""What reached the ticket system: time entries, and how many sessions got from one stage to the next."""

from datetime import date

from pydantic import BaseModel, Field

from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, LOGGED_IN_WINDOW, POSTED_IN_WINDOW, statement
from flowpilot.db.session import ReadDb


class PushFunnel(BaseModel):
    """From session to ticket."""

    total_sessions: int
    linked_to_ticket: int
    doc_pushed: int
    time_entry_logged: int


class HoursDay(BaseModel):
    """One day's time entries. `complete` is false while the day is not over."""

    date: date
    entries: int
    hours: float
    complete: bool


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


_SQL = statement(f"""
WITH entries AS MATERIALIZED (
    SELECT session_id, hours_logged, (created_at AT TIME ZONE :tz)::date AS day
    FROM psa_activity_logs
    WHERE {LOGGED_IN_WINDOW}
),
days AS (
    SELECT day, count(*) AS entries, coalesce(sum(hours_logged), 0)::float8 AS hours
    FROM entries GROUP BY day
),
logged AS (
    SELECT count(*) AS entries, coalesce(sum(hours_logged), 0)::float8 AS hours,
           count(DISTINCT session_id) AS time_entry_logged
    FROM entries
),
sessions AS (
    SELECT count(*) AS total_sessions, count(psa_ticket_id) AS linked_to_ticket
    FROM ai_sessions WHERE {CREATED_IN_WINDOW}
),
pushed AS (
    SELECT count(DISTINCT ai_session_id) AS doc_pushed
    FROM psa_post_logs
    WHERE {POSTED_IN_WINDOW} AND status = 'success'
),
elsewhere AS (
    SELECT count(*) AS n_pushes_from_elsewhere FROM psa_post_logs WHERE {POSTED_IN_WINDOW} AND posting_id IS NULL
)
SELECT *, (SELECT jsonb_agg(days ORDER BY day) FROM days) AS days
FROM logged, sessions, pushed, elsewhere
""")


async def psa_metrics(db: ReadDb, window: Window) -> PsaMetrics:
    """The window's ticket system figures, in one statement."""
    row = (await db.execute(_SQL, window.parameters)).one()
    today = window.today
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
        daily_trend=[
            HoursDay(
                date=(calendar_day := date.fromisoformat(day["day"])),
                entries=day["entries"],
                hours=round(day["hours"], 2),
                complete=calendar_day < today,
            )
            for day in row.days or []
        ],
    )
