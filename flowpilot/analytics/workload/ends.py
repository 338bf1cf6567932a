"""When sessions ended, in SQL, for a report and for the rows behind it."""

# Abandoning is the last that happens to a session. Null: it is open, or its end has no known time.
ENDED_AT = """
    CASE status WHEN 'resolved' THEN resolved_at WHEN 'abandoned' THEN last_activity_at END
"""

# An imported session that a log ended without saying when.
IS_END_UNKNOWN = f"status IN ('resolved', 'abandoned') AND ({ENDED_AT}) IS NULL"

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
