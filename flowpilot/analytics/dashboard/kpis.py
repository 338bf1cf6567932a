"""The dashboard's key figures with their intervals, for the window and the one before."""

from typing import Any

from sqlalchemy import RowMapping

from flowpilot.analytics.dashboard.schemas import CountComparison, PreviousDashboard
from flowpilot.analytics.estimates.comparison import compare, window_before
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, seconds, statement
from flowpilot.analytics.statistics import Estimate, percentage
from flowpilot.analytics.summed.sources import GAPS, read, summed
from flowpilot.db.session import ReadDb

SECONDS_PER_MINUTE = 60

# What is summed over sessions. Powers are floats: their sums are fast, and exact enough for an interval.
SUMS = f"""
    count(*)::int AS n,
    sum(step_count) AS steps,
    sum(power(step_count, 2)) AS step_squares,
    sum(power(step_count, 3)) AS step_cubes,
    count(session_rating)::int AS rated,
    sum(session_rating)::int AS rating,
    sum(session_rating * session_rating)::int AS rating_squares,
    sum(session_rating * session_rating * session_rating)::int AS rating_cubes,
    count(resolved_at)::int AS timed,
    sum(resolved_at - created_at) AS duration,
    sum(power({seconds("resolved_at - created_at")}, 2)) AS duration_squares,
    sum(power({seconds("resolved_at - created_at")}, 3)) AS duration_cubes
"""

# Those sums over the groups of `kinds`, by status and tier. Null: there are no sessions.
TOTALS = f"""
    sum(n) AS total,
    sum(n) FILTER (WHERE status = 'resolved') AS resolved,
    sum(n) FILTER (WHERE {ESCALATED}) AS escalated,
    sum(n) FILTER (WHERE status = 'abandoned') AS abandoned,
    sum(n) FILTER (WHERE tier = 'guided') AS guided,
    sum(steps) FILTER (WHERE status = 'resolved')::bigint AS resolved_steps,
    sum(step_squares) FILTER (WHERE status = 'resolved') AS step_squares,
    sum(step_cubes) FILTER (WHERE status = 'resolved') AS step_cubes,
    sum(timed) FILTER (WHERE status = 'resolved') AS resolved_timed,
    {seconds("sum(duration) FILTER (WHERE status = 'resolved')")} AS resolved_seconds,
    sum(duration_squares) FILTER (WHERE status = 'resolved') AS resolved_squares,
    sum(duration_cubes) FILTER (WHERE status = 'resolved') AS resolved_cubes,
    sum(rated) AS rated, sum(rating) AS rating, sum(rating_squares) AS rating_squares,
    sum(rating_cubes) AS rating_cubes
"""

# What `kinds` has, in the order in which the parts of it are put together.
KIND_COLUMNS = (
    *("status", "tier", "n", "steps", "step_squares", "step_cubes", "rated", "rating", "rating_squares"),
    *("rating_cubes", "tickets", "timed", "duration", "duration_squares", "duration_cubes"),
)

_KINDS = f"""
    SELECT status, confidence_tier AS tier, {SUMS}
    FROM ai_sessions
    WHERE {CREATED_IN_WINDOW}
    GROUP BY 1, 2
"""
_OF_DAYS = summed("kind", *(name for name in KIND_COLUMNS if name != "tickets"))
_ROWS_SQL = statement(f"WITH kinds AS ({_KINDS}) SELECT {TOTALS} FROM kinds")
_DAYS_SQL = statement(f"WITH {GAPS}, kinds AS ({_KINDS} {_OF_DAYS}) SELECT {TOTALS} FROM kinds")

# The dashboard's fields, each with its metric in the catalogue and its decimals.
_FIELDS = {
    "resolution_rate": ("resolution_rate", 1),
    "escalated_share": ("escalated_share", 1),
    "abandoned_share": ("abandoned_share", 1),
    "guided_share": ("guided_share", 1),
    "mttr_minutes": ("mttr", 1),
    "avg_steps_to_resolution": ("steps_to_resolution", 1),
    "avg_rating": ("rating", 2),
}
# What is known when a session begins: all else has had more time in the window before.
_KNOWN_AT_ONCE = frozenset({"guided_share"})
_MEANS = frozenset({"mttr", "steps_to_resolution", "rating"})


class Kpis:
    """The key figures of one window, unrounded, from a row of `TOTALS`."""

    def __init__(self, row: RowMapping) -> None:
        self.total: int = row["total"] or 0
        self.resolved: int = row["resolved"] or 0
        self.escalated: int = row["escalated"] or 0
        self.abandoned: int = row["abandoned"] or 0
        self.guided: int = row["guided"] or 0
        self.estimates: dict[str, Estimate] = {
            "resolution_rate": percentage(self.resolved, self.total),
            "escalated_share": percentage(self.escalated, self.total),
            "abandoned_share": percentage(self.abandoned, self.total),
            "guided_share": percentage(self.guided, self.total),
            "mttr_minutes": mean(
                row["resolved_timed"] or 0,
                row["resolved_seconds"],
                row["resolved_squares"],
                row["resolved_cubes"],
                unit=SECONDS_PER_MINUTE,
            ),
            "avg_steps_to_resolution": mean(
                self.resolved, row["resolved_steps"], row["step_squares"], row["step_cubes"]
            ),
            "avg_rating": mean(
                row["rated"] or 0,
                row["rating"],
                row["rating_squares"],
                row["rating_cubes"],
                lowest=1,
                highest=5,
            ),
        }

    def fields(self) -> dict[str, Any]:
        """Each figure and its interval as the dashboard answers them."""
        fields: dict[str, Any] = {}
        for name, found in self.estimates.items():
            metric, digits = _FIELDS[name]
            fields[name] = rounded(found.value, digits)
            fields[f"{name}_ci95"] = rounded_bounds(found.ci95, digits)
            if metric in _MEANS:
                fields[f"{name}_no_interval"] = found.no_interval
        return fields


async def previous(db: ReadDb, window: Window, kpis: Kpis) -> PreviousDashboard:
    """The key figures of the window before and what has changed, in one statement."""
    before = window_before(window)
    old = Kpis((await read(db, _DAYS_SQL, _ROWS_SQL, before)).mappings().one())
    changes = {
        name: compare(
            metric,
            kpis.estimates[name],
            old.estimates[name],
            digits,
            has_equal_follow_up=name in _KNOWN_AT_ONCE,
        )
        for name, (metric, digits) in _FIELDS.items()
    }
    return PreviousDashboard(
        from_=before.start,
        to=before.to,
        total_sessions=CountComparison(value=old.total, difference=kpis.total - old.total),
        **changes,
    )
