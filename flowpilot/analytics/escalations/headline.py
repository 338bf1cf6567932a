"""The headline alone: the time to first action after a claim, which the queue page always shows."""

from pydantic import BaseModel, Field

from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CLAIMED_IN_WINDOW, IS_ACTED, statement
from flowpilot.analytics.waits import N_UNKNOWN, WaitingTime, survival, waiting_time, waits
from flowpilot.db.session import ReadDb

_SQL = statement(f"""
WITH claimed AS (
    SELECT claimed_at, first_action_at, closed_at, {IS_ACTED} AS is_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
)
SELECT {waits("action", "claimed_at", "first_action_at", "is_acted")}, {N_UNKNOWN} FROM claimed
""")


class Headline(BaseModel):
    """The same figure as the escalations report's `time_to_first_action`, and nothing else of it."""

    time_to_first_action: WaitingTime
    metric_definition: str = Field(description="What the figure is, and what it is not.")


async def headline(db: ReadDb, window: Window) -> Headline:
    """The figure for the handoffs claimed in the window, in one small statement."""
    row = (await db.execute(_SQL, window.parameters)).one()
    return Headline(
        time_to_first_action=waiting_time(survival(row.action_ended, row.action_censored), row.n_unknown),
        metric_definition=METRICS["time_to_first_action"].definition,
    )
