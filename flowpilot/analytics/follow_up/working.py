"""The follow-up report's times in the account's working hours, where it has any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.working import WorkingClock
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, statement
from flowpilot.db.session import ReadDb
from flowpilot.sessions.days.sums import WORKED_SECONDS
from flowpilot.working_hours import HoursHistory

# Of seconds: equal times are counted, so that a million sessions are some thousand numbers.
COUNTED = "CASE WHEN seconds < 60000 THEN 6 WHEN seconds < 600000 THEN 60 ELSE 600 END AS step"

_SQL = statement(f"""
WITH counted AS (
    SELECT day, round(seconds / step) * step AS seconds, count(*) AS n
    FROM (
        SELECT *, {COUNTED} FROM (
            SELECT (created_at AT TIME ZONE :tz)::date AS day, greatest(0, {WORKED_SECONDS}) AS seconds
            FROM ai_sessions
            WHERE {CREATED_IN_WINDOW} AND status = 'resolved' AND resolved_at <= :as_of
        ) timed
    ) stepped
    GROUP BY 1, 2
)
SELECT day, array_agg(seconds) AS resolved, array_agg(n) AS resolved_n FROM counted GROUP BY day
""")


@dataclass(frozen=True, slots=True)
class WorkedTimes:
    """The resolved sessions' working times by day, as they are stored; and how it passes for the others."""

    resolved: Mapping[date, Any]
    history: HoursHistory
    window: Window

    def lasting(self, clock_seconds: Sequence[float]) -> list[float]:
        """The working time so far of sessions that have lasted so long on the clock."""
        end = self.window.as_of.timestamp()
        since = [end - one for one in clock_seconds]
        found: list[float] = (
            WorkingClock(self.history, since, self.window.as_of).seconds(since, [end] * len(since)).tolist()
        )
        return found


async def worked_times(db: ReadDb, history: HoursHistory, window: Window) -> WorkedTimes | None:
    """The window's working times, in a statement; None, without one, if the account worked around the clock."""
    if not history.has_hours(window.start, window.as_of):
        return None
    rows = (await db.execute(narrowed(_SQL, window.only), window.parameters)).all()
    return WorkedTimes({row.day: row for row in rows}, history, window)
