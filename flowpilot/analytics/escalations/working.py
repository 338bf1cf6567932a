"""The handoffs' times in the account's working hours, where it has any."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.days.windows import HandoffsOfWindow
from flowpilot.analytics.estimates.curves import Floats, Numbers
from flowpilot.analytics.estimates.working import WorkingClock
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_ACTED,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_CLAIMED,
    statement,
)
from flowpilot.analytics.statistics import Survival
from flowpilot.analytics.waits import WaitingTime, survival, waiting_time, working_waits
from flowpilot.db.session import ReadDb
from flowpilot.working_hours import HoursHistory

_SQL = statement(f"""
WITH created AS (
    SELECT created_at, claimed_at, closed_at, claim_work_seconds, {IS_CLAIMED} AS is_claimed
    FROM session_handoffs
    WHERE {CREATED_IN_WINDOW} AND NOT ({IS_CLAIM_TIME_UNKNOWN})
),
claimed AS (
    SELECT claimed_at, first_action_at, claimant_action_at, closed_at, action_work_seconds, claimant_work_seconds,
           {IS_ACTED} AS is_acted, {IS_CLAIMANT_ACTED} AS is_claimant_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
),
to_claim AS (
    SELECT {working_waits("claim", "created_at", "claimed_at", "claim_work_seconds", "is_claimed")} FROM created
),
to_action AS (
    SELECT {working_waits("action", "claimed_at", "first_action_at", "action_work_seconds", "is_acted")},
           {
    working_waits("claimant", "claimed_at", "claimant_action_at", "claimant_work_seconds", "is_claimant_acted")
}
    FROM claimed
)
SELECT * FROM to_claim, to_action
""")

_FIELDS = {
    "claim": "working_time_to_claim",
    "action": "working_time_to_first_action",
    "claimant": "working_time_to_claimant_action",
}


async def working_times(
    db: ReadDb, history: HoursHistory, window: Window, n_unknown: int, found: HandoffsOfWindow | None
) -> dict[str, WaitingTime | None]:
    """The report's fields of them; they are null if the account worked around the clock.

    `found` has the handoffs, if they were read from their days.
    """
    if not history.has_hours(window.start, window.as_of):
        return dict.fromkeys(_FIELDS.values())
    if found is None:
        row: Any = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
    else:
        row = found.working_waits(list(_FIELDS))
    return await estimated(row, history, window, {name: (field, n_unknown) for name, field in _FIELDS.items()})


async def estimated(
    row: Any, history: HoursHistory, window: Window, fields: Mapping[str, tuple[str, int]]
) -> dict[str, WaitingTime | None]:
    """The fields of columns of `working_waits`, by their names: each is called so, and misses so many.

    They are null if the account worked around the clock.
    """
    if not history.has_hours(window.start, window.as_of):
        return dict.fromkeys(field for field, _ in fields.values())
    found = await asyncio.to_thread(_estimates, row, history, window.as_of, list(fields))
    return {field: waiting_time(found[name], n_unknown) for name, (field, n_unknown) in fields.items()}


def _estimates(row: Any, history: HoursHistory, as_of: datetime, names: Sequence[str]) -> dict[str, Survival]:
    return {name: working_survival(row, name, history, as_of) for name in names}


def working_survival(row: Any, name: str, history: HoursHistory, as_of: datetime) -> Survival:
    """The Kaplan-Meier estimate of three columns of `working_waits`."""
    since, until = (_array(getattr(row, f"{name}_{end}")) for end in ("since", "until"))
    waiting = WorkingClock(history, since, as_of).seconds(since, until)
    return survival(getattr(row, f"{name}_worked"), waiting)


def _array(found: Numbers | None) -> Floats:
    return np.asarray([] if found is None else found, dtype=np.float64)
