"""Two windows by what had happened to each of their sessions at the same age."""

from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.comparison import compare, window_before
from flowpilot.analytics.estimates.curves import Floats, Ordered, in_order
from flowpilot.analytics.follow_up.schemas import EqualFollowUp
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import Estimate, Survival, percentage
from flowpilot.db.session import ReadDb

LONGEST = timedelta(days=7)
_PART = 4
_MINUTE = 60

# A session that was reopened had been resolved before, however it stands now; few were.
_SQL = statement(f"""
WITH reopened AS MATERIALIZED (
    SELECT DISTINCT session_id FROM ai_session_status_changes
    WHERE account_id = :account_id AND from_status = 'resolved' AND created_at >= :start
),
escalated AS MATERIALIZED (
    SELECT session_id, min(created_at) AS at FROM session_handoffs
    WHERE account_id = :account_id AND created_at >= :start AND created_at <= :now
    GROUP BY session_id
),
watched AS (
    SELECT s.created_at, s.created_at <= CAST(:now AS timestamptz) - CAST(:follow_up AS interval) AS is_old,
           e.at - s.created_at <= :follow_up AS is_escalated,
           status = 'resolved' AND resolved_at IS NULL AS is_unknown,
           CASE WHEN r.session_id IS NOT NULL THEN (
               SELECT min(c.created_at) FROM ai_session_status_changes c
               WHERE c.account_id = :account_id AND c.session_id = s.id AND c.to_status = 'resolved'
           ) WHEN status = 'resolved' THEN resolved_at END AS resolved
    FROM (SELECT * FROM ai_sessions WHERE {CREATED_IN_WINDOW}) s
    LEFT JOIN reopened r ON r.session_id = s.id
    LEFT JOIN escalated e ON e.session_id = s.id
)
SELECT count(*) FILTER (WHERE is_old AND NOT is_unknown) AS n,
       count(*) FILTER (WHERE NOT is_old) AS n_too_young,
       count(*) FILTER (WHERE is_old AND NOT is_unknown AND is_escalated) AS escalated,
       array_agg({seconds("resolved - created_at")}) FILTER (
           WHERE is_old AND NOT is_unknown AND resolved - created_at <= :follow_up) AS resolved
FROM watched
""")


class AtAge(NamedTuple):
    """What had happened to a window's sessions at the same age; `resolved` are the seconds of those that were."""

    n: int
    n_too_young: int
    escalated: int
    resolved: Floats


def follow_up_of(window: Window) -> timedelta:
    """How long each session is watched: a quarter of the window, so that most are old enough, 7 days at most."""
    return min(LONGEST, (window.to - window.start) / _PART)


def compared(window: Window, new: AtAge, old: AtAge) -> EqualFollowUp:
    """The window and the one before it. Both are seen from the same moment, `as_of`."""
    before, watched = window_before(window), follow_up_of(window)
    figures, figures_before = (_estimates(each, watched) for each in (new, old))
    return EqualFollowUp(
        from_=before.start,
        to=before.to,
        follow_up_days=round(watched / timedelta(days=1), 2),
        n=new.n,
        n_too_young=new.n_too_young,
        **{name: compare(name, estimate, figures_before[name], digits=1) for name, estimate in figures.items()},
    )


async def at_age_of_rows(db: ReadDb, one: Window, now: Window) -> AtAge:
    """The same of the rows of a window, seen at the `as_of` of another, in a statement."""
    asked = {**one.parameters, "now": now.as_of, "follow_up": follow_up_of(now)}
    row: Any = (await db.execute(narrowed(_SQL, one.only), asked)).one()
    return AtAge(row.n, row.n_too_young, row.escalated, np.array(row.resolved or [], dtype=np.float64))


def _in_order(resolved: Floats, n_watched: int, until: float) -> Ordered:
    """The times of those that were resolved, and of so many that were watched until then."""
    times = np.sort(resolved)
    if times.size and times[-1] > until:
        # Rounded to more than it is.
        return in_order(times, np.full(n_watched, until))
    is_ended = np.arange(times.size + n_watched) < times.size
    return Ordered(np.concatenate((times, np.full(n_watched, until))), is_ended)


def _estimates(found: AtAge, watched: timedelta) -> dict[str, Estimate]:
    n_resolved = found.resolved.size
    times = Survival(_in_order(found.resolved / _MINUTE, found.n - n_resolved, watched.total_seconds() / _MINUTE))
    return {
        "resolved_by_age": percentage(n_resolved, found.n),
        "escalated_by_age": percentage(found.escalated, found.n),
        "time_to_resolution": Estimate(times.median, times.n, times.median_ci95, ends=times.median_ends),
    }
