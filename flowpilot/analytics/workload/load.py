"""When work comes in: sessions and handoffs by the hour of the day and the day of the week."""

from pydantic import BaseModel, Field
from sqlalchemy import TextClause

from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.analytics.summed.sources import read, summed
from flowpilot.analytics.workload.days import IN_WINDOW
from flowpilot.db.session import ReadDb

_HOURS, _DAYS = 24, 7


def _sql(parts: str = "", of_days: str = "") -> TextClause:
    """What began in the window, as rows say it, or as those of the gaps do together with days."""
    return statement(f"""
    WITH {parts} begun AS (
        SELECT created_at AT TIME ZONE :tz AS at, 1 AS sessions, 0 AS handoffs FROM ai_sessions
        WHERE {CREATED_IN_WINDOW}
        UNION ALL
        SELECT created_at AT TIME ZONE :tz, 0, 1 FROM session_handoffs WHERE {CREATED_IN_WINDOW}
        {of_days}
    )
    SELECT date_part('isodow', at)::int AS weekday, date_part('hour', at)::int AS hour,
           sum(sessions)::int AS sessions, sum(handoffs)::int AS handoffs
    FROM begun
    GROUP BY 1, 2
    """)


_AT = "to_timestamp(quarter * 900::float8) AT TIME ZONE :tz"
_OF_DAYS = (
    summed("begun", "quarter", "n", select=f"{_AT}, n, 0"),
    summed("begun", "quarter", "n", select=f"{_AT}, 0, n", days="handoff_clean"),
)
_ROWS_SQL = _sql()
_DAYS_SQL = _sql(f"{IN_WINDOW},", " ".join(_OF_DAYS))


class LoadCell(BaseModel):
    """What began in one hour of one day of the week, in the window's zone."""

    weekday: int = Field(description="Monday is 1.")
    hour: int = Field(description="0 to 23.")
    sessions: int
    handoffs: int


class Load(Report):
    """The window's sessions and handoffs by the local hour and day of the week at which they began."""

    n_sessions: int
    n_handoffs: int
    hours: list[LoadCell] = Field(description="All 168 hours of a week, from Monday on.")


async def load(db: ReadDb, window: Window) -> Load:
    """The report, in one statement."""
    rows = (await read(db, _DAYS_SQL, _ROWS_SQL, window)).all()
    found = {(row.weekday, row.hour): (row.sessions, row.handoffs) for row in rows}
    cells = []
    for weekday in range(1, _DAYS + 1):
        for hour in range(_HOURS):
            sessions, handoffs = found.get((weekday, hour), (0, 0))
            cells.append(LoadCell(weekday=weekday, hour=hour, sessions=sessions, handoffs=handoffs))
    return Load(
        **header(window, "load"),
        n_sessions=sum(cell.sessions for cell in cells),
        n_handoffs=sum(cell.handoffs for cell in cells),
        hours=cells,
    )
