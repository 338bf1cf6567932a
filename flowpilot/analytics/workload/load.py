"""When work comes in: sessions and handoffs by the hour of the day and the day of the week."""

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.db.session import ReadDb

_HOURS, _DAYS = 24, 7

_SQL = statement(f"""
WITH begun AS (
    SELECT created_at AT TIME ZONE :tz AS at, 1 AS sessions, 0 AS handoffs FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    UNION ALL
    SELECT created_at AT TIME ZONE :tz, 0, 1 FROM session_handoffs WHERE {CREATED_IN_WINDOW}
)
SELECT extract(isodow FROM at)\\:\\:int AS weekday, extract(hour FROM at)\\:\\:int AS hour,
       sum(sessions)\\:\\:int AS sessions, sum(handoffs)\\:\\:int AS handoffs
FROM begun
GROUP BY 1, 2
""")


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
    rows = (await db.execute(narrowed(_SQL, window.only), window.parameters)).all()
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
