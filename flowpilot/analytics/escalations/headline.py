"""The headline alone: the time to the claimant's first action, which the queue page always shows."""

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CLAIMED_IN_WINDOW, IS_ACTED, IS_CLAIMANT_ACTED, statement
from flowpilot.analytics.waits import N_UNKNOWN, WaitingTime, survival, waiting_time, waits
from flowpilot.db.session import ReadDb

_SQL = statement(f"""
WITH claimed AS (
    SELECT claimed_at, first_action_at, claimant_action_at, closed_at,
           {IS_ACTED} AS is_acted, {IS_CLAIMANT_ACTED} AS is_claimant_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
)
SELECT {waits("action", "claimed_at", "first_action_at", "is_acted")},
       {waits("claimant", "claimed_at", "claimant_action_at", "is_claimant_acted")},
       {N_UNKNOWN}
FROM claimed
""")


class Headline(BaseModel):
    """The same figures as the escalations report's of these names, and nothing else of it.

    `time_to_claimant_action` is the headline; `time_to_first_action` counts the first step of anybody.
    """

    time_to_claimant_action: WaitingTime
    claimant_action_definition: str = Field(description="What the headline is, and what it is not.")
    time_to_first_action: WaitingTime
    metric_definition: str = Field(description="What `time_to_first_action` is, and what it is not.")


async def headline(db: ReadDb, window: Window) -> Headline:
    """The figures for the handoffs claimed in the window, in one small statement."""
    row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
    return Headline(
        time_to_claimant_action=waiting_time(survival(row.claimant_ended, row.claimant_censored), row.n_unknown),
        claimant_action_definition=METRICS["time_to_claimant_action"].definition,
        time_to_first_action=waiting_time(survival(row.action_ended, row.action_censored), row.n_unknown),
        metric_definition=METRICS["time_to_first_action"].definition,
    )
