"""When sessions ended, in SQL, for a report and for the rows behind it."""

from flowpilot.sessions.days.sums import ENDED_AT, IS_END_UNKNOWN

# The end of a day in the window's zone, or of the window if that is sooner.
_DAY_ENDS = "least((CAST(:open_on AS date) + 1)\\:\\:timestamp AT TIME ZONE :tz, :end)"

IS_OPEN_ON = f"""
    created_at < {_DAY_ENDS} AND NOT ({IS_END_UNKNOWN})
    AND (({ENDED_AT}) IS NULL OR ({ENDED_AT}) >= {_DAY_ENDS})
"""

# The local hour and day of the week at which a row began, in any table that has the column.
LOCAL_WEEKDAY = "extract(isodow FROM created_at AT TIME ZONE :tz)"
LOCAL_HOUR = "extract(hour FROM created_at AT TIME ZONE :tz)"

IS_HANDOFF_OPEN_ON = f"created_at < {_DAY_ENDS} AND (closed_at IS NULL OR closed_at >= {_DAY_ENDS})"
