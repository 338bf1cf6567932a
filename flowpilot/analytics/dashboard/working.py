"""MTTR in the account's working hours, where it has any. The contract's MTTR stays on the clock."""

from typing import Any

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.means import mean
from flowpilot.analytics.period import Window
from flowpilot.analytics.rounding import rounded, rounded_bounds
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.analytics.statistics import Estimate
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import hours_history

_SQL = statement(f"""
SELECT count(*) AS n, sum(seconds) AS total, sum(power(seconds, 2)) AS squares, sum(power(seconds, 3)) AS cubes
FROM (
    SELECT coalesce(work_seconds, {seconds("resolved_at - created_at")}) AS seconds FROM ai_sessions
    WHERE {CREATED_IN_WINDOW} AND status = 'resolved' AND resolved_at IS NOT NULL
) timed
""")


async def working_mttr(db: ReadDb, window: Window) -> dict[str, Any]:
    """The dashboard's fields of it; they are null if the account worked around the clock."""
    history = await hours_history(db, window.account_id)
    found = Estimate(None, 0, None)
    if history.has_hours(window.start, window.as_of):
        row: Any = (await db.execute(narrowed(_SQL, window.only), window.parameters)).one()
        found = mean(row.n, row.total, row.squares, row.cubes, unit=60)
    return {
        "mttr_working_minutes": rounded(found.value, 1),
        "mttr_working_minutes_ci95": rounded_bounds(found.ci95, 1),
        "mttr_working_minutes_no_interval": found.no_interval,
    }
