"""Where load and backlog read from: days of sessions and of handoffs, and the rows of the gaps between them.

Days say in which quarters of an hour their sessions and handoffs began and ended. That is as exact as their times,
because zones differ by quarters, and because a day of which a quarter is cut by the window is read from its rows.
"""

from flowpilot.analytics.summed.sources import SESSIONS, gaps, in_gaps

# A server of the release before sums up a day of sessions without its quarters.
_HAS_QUARTERS = "(cardinality(begun_n) > 0 OR cardinality(kind_n) = 0)"
_SESSION_DAYS = ("session_days", "session_news")
_HANDOFF_DAYS = ("handoff_days", "handoff_news", "handoff_")
_HANDOFFS = in_gaps("session_handoffs", "created_at", "handoff_")

# Parts of what began in the window: `clean` and `handoff_clean`, and the tables with what began in the gaps.
IN_WINDOW = ", ".join((gaps(*_SESSION_DAYS, condition=_HAS_QUARTERS), SESSIONS, gaps(*_HANDOFF_DAYS), _HANDOFFS))

# The first quarter of an hour, counted from 1970, that is wholly in the window, and the first after it.
FIRST_QUARTER, QUARTER_AFTER = (
    f"(SELECT ceil(extract(epoch FROM CAST(:{end} AS timestamptz)) / 900)::int)" for end in ("start", "end")
)
# From this place on, the lists of a day say what was over in that quarter, or later, or is open.
NOT_YET_OVER = f"width_bucket({FIRST_QUARTER} - 1, over_quarter) + 1"
IS_BEFORE = "day::timestamp AT TIME ZONE 'UTC' < CAST(:start AS timestamptz)"
_IS_CUT = f"""
(({IS_BEFORE} AND (d.day + 1)::timestamp AT TIME ZONE 'UTC' > CAST(:start AS timestamptz))
 OR over_quarter && ARRAY(
    SELECT floor(quarter)::int FROM (
        SELECT extract(epoch FROM moment) / 900
        FROM (VALUES (CAST(:start AS timestamptz)), (CAST(:end AS timestamptz))) ends (moment)
    ) quarters (quarter) WHERE quarter <> floor(quarter)
))
"""
_FOR_EVER = "CAST('-infinity' AS timestamptz)"

# The same of all that began before the window's end, however long ago. A clean day is before the window or in it,
# and nothing of it ended in a quarter that has a bound of the window in its middle.
SINCE_EVER = ", ".join(
    (
        gaps(*_SESSION_DAYS, condition=f"{_HAS_QUARTERS} AND NOT {_IS_CUT}", start=_FOR_EVER),
        SESSIONS,
        gaps(*_HANDOFF_DAYS, condition=f"NOT {_IS_CUT}", start=_FOR_EVER),
        _HANDOFFS,
    )
)
