"""Two windows by what had happened to each of their sessions at the same age."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.comparison import compare, window_before
from flowpilot.analytics.follow_up.schemas import EqualFollowUp
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import Estimate, kaplan_meier, percentage
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
       array_agg(CAST({seconds("resolved - created_at")} AS real)) FILTER (
           WHERE is_old AND NOT is_unknown AND resolved - created_at <= :follow_up) AS resolved
FROM watched
""")


@dataclass(frozen=True, slots=True)
class _Window:
    n: int
    n_too_young: int
    estimates: dict[str, tuple[Estimate, int]]


def follow_up_of(window: Window) -> timedelta:
    """How long each session is watched: a quarter of the window, so that most are old enough, 7 days at most."""
    return min(LONGEST, (window.to - window.start) / _PART)


async def previous(db: ReadDb, window: Window) -> EqualFollowUp:
    """The window and the one before it, in a statement each. Both are seen from the same moment, `as_of`."""
    before, watched = window_before(window), follow_up_of(window)
    new, old = [await _read(db, one, window, watched) for one in (window, before)]
    return EqualFollowUp(
        from_=before.start,
        to=before.to,
        follow_up_days=round(watched / timedelta(days=1), 2),
        n=new.n,
        n_too_young=new.n_too_young,
        **{
            name: compare(name, estimate, old.estimates[name][0], digits)
            for name, (estimate, digits) in new.estimates.items()
        },
    )


async def _read(db: ReadDb, one: Window, now: Window, watched: timedelta) -> _Window:
    asked = {**one.parameters, "now": now.as_of, "follow_up": watched}
    row: Any = (await db.execute(narrowed(_SQL, one.only), asked)).one()
    resolved = [float(wait) / _MINUTE for wait in row.resolved or []]
    found = kaplan_meier(resolved, [watched.total_seconds() / _MINUTE] * (row.n - len(resolved)))
    return _Window(
        row.n,
        row.n_too_young,
        {
            "resolved_by_age": (percentage(len(resolved), row.n), 1),
            "escalated_by_age": (percentage(row.escalated, row.n), 1),
            "time_to_resolution": (Estimate(found.median, found.n, found.median_ci95, ends=found.median_ends), 1),
        },
    )
