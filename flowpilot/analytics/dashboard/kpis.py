"""The dashboard's key figures with their intervals, for the window and the one before."""

from collections.abc import Mapping
from typing import Any

from flowpilot.analytics.dashboard.schemas import CountComparison, PreviousDashboard
from flowpilot.analytics.estimates.comparison import compare, window_before
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, seconds, statement
from flowpilot.analytics.statistics import Estimate, percentage
from flowpilot.analytics.summed.sources import GAPS, read, summed
from flowpilot.db.session import ReadDb
from flowpilot.sessions.days.sums import listed

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
_OF_RESOLVED = "FILTER (WHERE status = 'resolved')"
TOTALS = {
    "total": "sum(n)",
    "resolved": f"sum(n) {_OF_RESOLVED}",
    "escalated": f"sum(n) FILTER (WHERE {ESCALATED})",
    "abandoned": "sum(n) FILTER (WHERE status = 'abandoned')",
    "guided": "sum(n) FILTER (WHERE tier = 'guided')",
    "resolved_steps": f"(sum(steps) {_OF_RESOLVED})::bigint",
    "step_squares": f"sum(step_squares) {_OF_RESOLVED}",
    "step_cubes": f"sum(step_cubes) {_OF_RESOLVED}",
    "resolved_timed": f"sum(timed) {_OF_RESOLVED}",
    "resolved_seconds": seconds(f"sum(duration) {_OF_RESOLVED}"),
    "resolved_squares": f"sum(duration_squares) {_OF_RESOLVED}",
    "resolved_cubes": f"sum(duration_cubes) {_OF_RESOLVED}",
    "rated": "sum(rated)",
    "rating": "sum(rating)",
    "rating_squares": "sum(rating_squares)",
    "rating_cubes": "sum(rating_cubes)",
}

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
_ROWS_SQL = statement(f"WITH kinds AS ({_KINDS}) SELECT {listed(TOTALS)} FROM kinds")
_DAYS_SQL = statement(f"WITH {GAPS}, kinds AS ({_KINDS} {_OF_DAYS}) SELECT {listed(TOTALS)} FROM kinds")

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

    def __init__(self, row: Mapping[str, Any]) -> None:
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
    old = Kpis((await read(db, _DAYS_SQL, _ROWS_SQL, before)).one()._asdict())
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
