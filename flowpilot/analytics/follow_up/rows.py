"""The follow-up's times from the rows of sessions: of a narrowed report, and of long ago.

Times are counted in steps, each a thousandth of them or less, so a million sessions are some thousand numbers.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

import numpy as np

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.estimates.grouped import Grouped, joined
from flowpilot.analytics.follow_up.times import Opened
from flowpilot.analytics.period import Window
from flowpilot.analytics.sql import CREATED_IN_WINDOW, seconds, statement
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in
from flowpilot.sessions.days.sums import WORKED_SECONDS

_COUNTED = "CASE WHEN seconds < 60000 THEN 6 WHEN seconds < 600000 THEN 60 ELSE 600 END AS step"
_LASTED = seconds("CASE WHEN is_resolved THEN resolved_at ELSE :as_of END - created_at")

_SQL = statement(f"""
WITH lasted AS MATERIALIZED (
    SELECT day, is_resolved, greatest(0, {_LASTED}) AS seconds
    FROM (
        SELECT (created_at AT TIME ZONE :tz)::date AS day, created_at, resolved_at,
               coalesce(status = 'resolved' AND resolved_at <= :as_of, false) AS is_resolved
        FROM ai_sessions
        WHERE {CREATED_IN_WINDOW} AND NOT (status = 'resolved' AND resolved_at IS NULL)
    ) known
),
counted AS (
    SELECT day, is_resolved, round(seconds / step) * step AS seconds, count(*) AS n
    FROM (
        SELECT *, {_COUNTED} FROM lasted
    ) stepped
    GROUP BY 1, 2, 3
),
days AS (
    SELECT day, array_agg(seconds) FILTER (WHERE is_resolved) AS resolved,
           array_agg(n) FILTER (WHERE is_resolved) AS resolved_n,
           array_agg(seconds) FILTER (WHERE NOT is_resolved) AS lasting,
           array_agg(n) FILTER (WHERE NOT is_resolved) AS lasting_n
    FROM counted GROUP BY day
),
totals AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE status = 'resolved' AND resolved_at IS NULL) AS n_unknown
    FROM ai_sessions WHERE {CREATED_IN_WINDOW}
),
escalated AS (
    SELECT count(*) AS escalated FROM ai_sessions s
    WHERE {CREATED_IN_WINDOW} AND EXISTS (
        SELECT FROM session_handoffs h
        WHERE h.account_id = :account_id AND h.session_id = s.id AND h.created_at <= :as_of
    )
)
SELECT totals.*, escalated, days.*, {HOURS} FROM totals, escalated LEFT JOIN days ON true ORDER BY day
""")

_WORKED = statement(f"""
WITH counted AS (
    SELECT day, round(seconds / step) * step AS seconds, count(*) AS n
    FROM (
        SELECT *, {_COUNTED} FROM (
            SELECT (created_at AT TIME ZONE :tz)::date AS day, greatest(0, {WORKED_SECONDS}) AS seconds
            FROM ai_sessions
            WHERE {CREATED_IN_WINDOW} AND status = 'resolved' AND resolved_at <= :as_of
        ) timed
    ) stepped
    GROUP BY 1, 2
)
SELECT day, array_agg(seconds) AS resolved, array_agg(n) AS resolved_n FROM counted GROUP BY day
""")


async def read_opened(db: ReadDb, window: Window) -> Opened:
    """The window's sessions, in a statement, and one more for working times if the account has hours."""
    rows = (await db.execute(narrowed(_SQL, window.only), window.parameters)).all()
    first, days = rows[0], [row for row in rows if row.day is not None]
    numbers = {row.day: number for number, row in enumerate(days)}
    history, worked = history_in(first.account_hours), None
    if history.has_hours(window.start, window.as_of):
        found = (await db.execute(narrowed(_WORKED, window.only), window.parameters)).all()
        worked = _grouped(numbers, found, "resolved", is_ended=True)
    return Opened(
        n=first.total,
        n_unknown=first.n_unknown,
        n_escalated=first.escalated,
        days=list(numbers),
        resolved=_grouped(numbers, days, "resolved", is_ended=True),
        lasting=_grouped(numbers, days, "lasting", is_ended=False),
        worked=worked,
        history=history,
    )


def _grouped(numbers: dict[date, int], days: Iterable[Any], name: str, *, is_ended: bool) -> Grouped:
    """The times of this name, each with the number of its day."""
    parts = []
    for day in days:
        times = np.array([float(time) for time in getattr(day, name) or []], dtype=np.float64)
        counts = np.array(getattr(day, f"{name}_n") or [], dtype=np.int64)
        group = np.full(times.size, numbers[day.day], dtype=np.int64)
        parts.append(Grouped(group, times, counts, np.full(times.size, is_ended)))
    return joined(parts)
