"""Escalations: the time to first action after a claim, by anybody and by the claimant, counting those waiting."""

import asyncio
import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.action_times import distribution, survival_curve
from flowpilot.analytics.escalations.days.newest import newest
from flowpilot.analytics.escalations.days.reading import is_read_from_days, read_handoffs
from flowpilot.analytics.escalations.days.windows import HandoffsOfWindow, of_window
from flowpilot.analytics.escalations.groups import by_both, groups, groups_of_days
from flowpilot.analytics.escalations.quality import QUALITY, WAITS, Figures, previous, quality
from flowpilot.analytics.escalations.schemas import Escalations, HandoffPopulation
from flowpilot.analytics.escalations.working import working_times
from flowpilot.analytics.estimates.comparison import window_before
from flowpilot.analytics.estimates.curves import Floats
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded
from flowpilot.analytics.schemas import header
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_ACTED,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_CLAIMED,
    IS_CLOSED,
    IS_WAITING,
    seconds,
    statement,
)
from flowpilot.analytics.statistics import Survival
from flowpilot.analytics.summed.large import in_thread
from flowpilot.analytics.summed.planned import planned_together
from flowpilot.analytics.waits import survivals, waiting_time, waits
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in
from flowpilot.working_hours import HoursHistory

_SQL = statement(f"""
WITH created AS MATERIALIZED (
    SELECT created_at, claimed_at, first_action_at, closed_at,
           {IS_CLAIMED} AS is_claimed,
           {IS_ACTED} AS is_acted,
           {IS_CLOSED} AS is_closed,
           {IS_CLAIM_TIME_UNKNOWN} AS is_time_unknown,
           {IS_WAITING} AS is_waiting
    FROM session_handoffs
    WHERE {CREATED_IN_WINDOW}
),
population AS (
    SELECT count(*) AS n_created,
           count(*) FILTER (WHERE NOT is_claimed AND NOT is_time_unknown) AS n_unclaimed,
           count(*) FILTER (WHERE is_waiting) AS n_waiting,
           count(*) FILTER (WHERE is_claimed) AS n_claimed,
           count(*) FILTER (WHERE is_time_unknown) AS n_unknown,
           count(*) FILTER (WHERE is_acted) AS n_acted,
           count(*) FILTER (WHERE NOT is_acted AND NOT is_closed) AS n_pending,
           {seconds(":as_of - min(created_at) FILTER (WHERE NOT is_acted AND NOT is_closed)")}
               AS oldest_pending_seconds,
           {waits("to_claim", "created_at", "claimed_at", "is_claimed", "NOT is_time_unknown")},
           {waits("to_action", "created_at", "first_action_at", "is_acted", "NOT is_time_unknown")}
    FROM created
),
claimed AS MATERIALIZED (
    SELECT id, session_id, created_at, claimed_at, claimed_by, first_action_at, claimant_action_at, closed_at,
           outcome, {IS_ACTED} AS is_acted, {IS_CLAIMANT_ACTED} AS is_claimant_acted
    FROM session_handoffs
    WHERE {CLAIMED_IN_WINDOW}
),
actions AS (
    SELECT count(*) AS n_handoffs_claimed,
           array_agg({seconds("first_action_at - claimed_at")}) FILTER (WHERE first_action_at IS NOT NULL)
               AS all_actions,
           {waits("action", "claimed_at", "first_action_at", "is_acted")},
           {waits("claimant", "claimed_at", "claimant_action_at", "is_claimant_acted")}
    FROM claimed
),
{QUALITY}
SELECT *, {HOURS} FROM population, actions, quality
""")


class _Found(NamedTuple):
    """What was read of a window and of the one before; nothing is estimated yet.

    `all_actions` are in order, and `handoffs` the window's, if they were read from their days.
    """

    row: Any
    figures: Figures
    old_figures: Figures
    all_actions: Floats
    seconds_of_actions: float
    groups: Sequence[Any]
    history: HoursHistory
    handoffs: HandoffsOfWindow | None = None


async def _of_rows(db: ReadDb, window: Window, before: Window) -> _Found:
    row = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
    old_row = (await db.execute(narrowed(_SQL, before.only), before.parameters)).one()
    actions = np.sort(np.asarray(row.all_actions or [], dtype=np.float64))
    return _Found(
        row=row,
        figures=Figures(row, survivals(row)),
        old_figures=Figures(old_row, survivals(old_row)),
        all_actions=actions,
        seconds_of_actions=math.fsum(actions.tolist()),
        groups=await groups(db, window),
        history=history_in(row.account_hours),
    )


async def _of_days(db: ReadDb, window: Window, before: Window) -> _Found:
    async with planned_together(db):
        handoffs = await read_handoffs(db, before, window)
        this, old = await of_window(handoffs, window), await of_window(handoffs, before)
        # Beside PostgreSQL, which looks at the steps of the newest meanwhile.
        estimating = [
            asyncio.ensure_future(in_thread(one.is_large, partial(_estimated, one, figures)))
            for one, figures in ((this, _FIGURES), (old, _FIGURES_OF_BEFORE))
        ]
        row, old_row = await newest(db, this, old)
        groups_found = await groups_of_days(db, this)
    waits, old_waits = [await one for one in estimating]
    all_actions, seconds_of_actions = this.all_actions()
    found = this.row(row)
    return _Found(
        row=found,
        figures=Figures(found, waits.__getitem__),
        old_figures=Figures(old.row(old_row), old_waits.__getitem__),
        all_actions=all_actions,
        seconds_of_actions=seconds_of_actions,
        groups=groups_found,
        history=handoffs.history,
        handoffs=this,
    )


# What takes long of many waits. The last quantile is first: it takes the whole curve, and so none is begun twice.
_FIGURES_OF_BEFORE = ("median_ci95", "median_ends")
_FIGURES = ("p95", "mean", *_FIGURES_OF_BEFORE)


def _estimated(handoffs: HandoffsOfWindow, figures: Sequence[str]) -> dict[str, Survival]:
    """The waits by their names; of many, these figures have been estimated."""
    found = {name: handoffs.survival(name) for name in WAITS}
    if handoffs.is_large:
        for one in found.values():
            one.estimate(*figures)
    return found


async def escalations(db: ReadDb, window: Window) -> Escalations:
    """The window's handoffs and those of the window before, in a few statements of one snapshot."""
    before = window_before(window)
    read = _of_days if is_read_from_days(window) else _of_rows
    found = await read(db, window, before)
    working = await working_times(db, found.history, window, found.figures.n_unknown, found.handoffs)
    is_large = found.handoffs is not None and found.handoffs.is_large
    return await in_thread(is_large, lambda: _report(found, working, window, before))


def _report(found: _Found, working: dict[str, Any], window: Window, before: Window) -> Escalations:
    row, figures = found.row, found.figures
    by_reason, by_domain = by_both(found.groups, None if found.handoffs is None else found.handoffs.by_group)
    return Escalations(
        **header(window, "escalations"),
        n_handoffs_claimed=row.n_handoffs_claimed,
        **_acted_only(found.all_actions, found.seconds_of_actions),
        metric_definition=METRICS["time_to_first_action"].definition,
        population=HandoffPopulation(
            n_created=row.n_created,
            n_unclaimed=row.n_unclaimed,
            n_waiting=row.n_waiting,
            n_claimed=row.n_claimed,
            n_unknown=figures.n_unknown,
            n_acted=row.n_acted,
            n_pending=row.n_pending,
            oldest_pending_seconds=rounded(row.oldest_pending_seconds),
        ),
        time_to_claim=waiting_time(figures.created_to_claim, figures.n_unknown),
        time_to_first_action=waiting_time(figures.time_to_first_action, figures.n_unknown),
        time_to_claimant_action=waiting_time(figures.time_to_claimant_action, figures.n_unknown),
        **working,
        quality=quality(figures),
        previous=previous(before, found.old_figures, figures),
        by_reason=by_reason,
        by_domain=by_domain,
        survival_curve=survival_curve(figures.time_to_first_action),
        claimant_survival_curve=survival_curve(figures.time_to_claimant_action),
        distribution=distribution(found.all_actions),
    )


def _acted_only(ordered: Floats, total: float) -> dict[str, Any]:
    """The contract's figures, over the handoffs that were acted on and no others."""
    n = ordered.size
    return {
        "n_handoffs_with_action": n,
        "avg_seconds_to_first_action": round(total / n, 2) if n else None,
        "median_seconds_to_first_action": round(_middle(ordered), 2) if n else None,
        "p95_seconds_to_first_action": round(float(ordered[round(0.95 * (n - 1))]), 2) if n else None,
    }


def _middle(ordered: Floats) -> float:
    low, high = ordered[(ordered.size - 1) // 2], ordered[ordered.size // 2]
    return float(np.mean([low, high]))
