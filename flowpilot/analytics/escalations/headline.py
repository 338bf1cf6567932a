"""The headline alone: the time to the claimant's first action, which the queue page always shows."""

from collections.abc import Callable
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.days.reading import is_read_from_days, read_handoffs
from flowpilot.analytics.escalations.days.windows import of_window
from flowpilot.analytics.escalations.working import estimated
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CLAIMED_IN_WINDOW, IS_ACTED, IS_CLAIMANT_ACTED, statement
from flowpilot.analytics.statistics import Survival
from flowpilot.analytics.summed.large import in_thread
from flowpilot.analytics.waits import N_UNKNOWN, WaitingTime, survivals, waiting_time, waits, working_waits
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in
from flowpilot.working_hours import HoursHistory

_SQL = statement(f"""
WITH claimed AS (
    SELECT claimed_at, first_action_at, claimant_action_at, closed_at, action_work_seconds, claimant_work_seconds,
           {IS_ACTED} AS is_acted, {IS_CLAIMANT_ACTED} AS is_claimant_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
)
SELECT {waits("action", "claimed_at", "first_action_at", "is_acted")},
       {waits("claimant", "claimed_at", "claimant_action_at", "is_claimant_acted")},
       {working_waits("action", "claimed_at", "first_action_at", "action_work_seconds", "is_acted")},
       {
    working_waits("claimant", "claimed_at", "claimant_action_at", "claimant_work_seconds", "is_claimant_acted")
},
       {N_UNKNOWN}, {HOURS}
FROM claimed
""")

_WORKING = {"claimant": "working_time_to_claimant_action", "action": "working_time_to_first_action"}


class Headline(BaseModel):
    """The same figures as the escalations report's of these names, and nothing else of it.

    `time_to_claimant_action` is the headline; `time_to_first_action` counts the first step of anybody.
    """

    time_to_claimant_action: WaitingTime
    claimant_action_definition: str = Field(description="What the headline is, and what it is not.")
    working_time_to_claimant_action: WaitingTime | None = Field(
        description="In the account's working hours of then; null if it worked around the clock."
    )
    time_to_first_action: WaitingTime
    working_time_to_first_action: WaitingTime | None = Field(description="The same in working hours.")
    metric_definition: str = Field(description="What `time_to_first_action` is, and what it is not.")


class _Found(NamedTuple):
    """The window's waits by their names, the same in working time, and the account's working hours."""

    waits: Callable[[str], Survival]
    working: Any
    n_unknown: int
    history: HoursHistory
    is_large: bool = False


async def _found(db: ReadDb, window: Window) -> _Found:
    if not is_read_from_days(window):
        row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
        return _Found(survivals(row), row, row.n_unknown, history_in(row.account_hours))
    handoffs = await read_handoffs(db, window, window)
    this, history = await of_window(handoffs, window), handoffs.history
    working = this.working_waits(list(_WORKING)) if history.has_hours(window.start, window.as_of) else None
    return _Found(this.survival, working, this.counts["n_unknown"], history, this.is_large)


async def headline(db: ReadDb, window: Window) -> Headline:
    """The figures for the handoffs claimed in the window, in one statement."""
    found = await _found(db, window)
    names = ("claimant", "action")
    claimant, action = await in_thread(
        found.is_large, lambda: [waiting_time(found.waits(name), found.n_unknown) for name in names]
    )
    working = {name: (field, found.n_unknown) for name, field in _WORKING.items()}
    return Headline(
        time_to_claimant_action=claimant,
        claimant_action_definition=METRICS["time_to_claimant_action"].definition,
        time_to_first_action=action,
        metric_definition=METRICS["time_to_first_action"].definition,
        **await estimated(found.working, found.history, window, working),
    )
