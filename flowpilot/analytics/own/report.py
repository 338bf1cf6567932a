"""A person's own figures: the cases they started, and the handoffs that they sent and claimed."""

import uuid
from dataclasses import replace
from typing import Any

from pydantic import Field

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.escalations.quality import share
from flowpilot.analytics.escalations.schemas import Share
from flowpilot.analytics.escalations.working import estimated
from flowpilot.analytics.period import Window
from flowpilot.analytics.schemas import Report, header
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    ESCALATED,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_CLAIMED,
    IS_CLOSED,
    statement,
)
from flowpilot.analytics.statistics import proportion
from flowpilot.analytics.waits import WaitingTime, survival, waiting_time, waits, working_waits
from flowpilot.db.session import ReadDb
from flowpilot.identity.hours.queries import HOURS, history_in

# Somebody who abandons a session waits no longer; one that a log ended at an unknown time is left out.
_IS_TIMED = "(status NOT IN ('resolved', 'abandoned') OR coalesce(resolved_at, closed_at) IS NOT NULL)"
# From when until when.
_CLAIM, _ACTION = ("created_at", "claimed_at"), ("claimed_at", "claimant_action_at")
_IS_RESOLVED = "status = 'resolved'"
_IS_CLAIM_TIMED = f"NOT ({IS_CLAIM_TIME_UNKNOWN})"

_SQL = statement(f"""
WITH cases AS (
    SELECT status, created_at, resolved_at, work_seconds,
           CASE WHEN status = 'abandoned' THEN last_activity_at END AS closed_at
    FROM ai_sessions WHERE {CREATED_IN_WINDOW} AND user_id = :me
),
cases_counted AS (
    SELECT count(*) AS n_sessions,
           count(*) FILTER (WHERE status = 'resolved') AS n_resolved,
           count(*) FILTER (WHERE {ESCALATED}) AS n_escalated,
           count(*) FILTER (WHERE status = 'abandoned') AS n_abandoned,
           count(*) FILTER (WHERE NOT {_IS_TIMED}) AS n_untimed,
           {waits("resolution", "created_at", "resolved_at", _IS_RESOLVED, _IS_TIMED)},
           {working_waits("resolution", "created_at", "resolved_at", "work_seconds", _IS_RESOLVED, _IS_TIMED)}
    FROM cases
),
sent AS (
    SELECT count(*) AS n_sent,
           count(*) FILTER (WHERE {IS_CLAIM_TIME_UNKNOWN}) AS n_claim_unknown,
           count(*) FILTER (WHERE {IS_CLOSED} AND outcome IN ('returned', 'sent_back')) AS n_returned,
           {waits("to_claim", *_CLAIM, IS_CLAIMED, _IS_CLAIM_TIMED)},
           {working_waits("to_claim", *_CLAIM, "claim_work_seconds", IS_CLAIMED, _IS_CLAIM_TIMED)}
    FROM session_handoffs WHERE {CREATED_IN_WINDOW} AND created_by = :me
),
claimed AS (
    SELECT count(*) AS n_claimed,
           {waits("action", *_ACTION, IS_CLAIMANT_ACTED)},
           {working_waits("action", *_ACTION, "claimant_work_seconds", IS_CLAIMANT_ACTED)}
    FROM session_handoffs WHERE {CLAIMED_IN_WINDOW} AND claimed_by = :me
)
SELECT *, {HOURS} FROM cases_counted, sent, claimed
""")


class OwnFigures(Report):
    """The caller's own figures. They are compared with nobody's, because cases differ more than people do."""

    n_sessions: int = Field(description="Sessions that the caller started in the window, by their present status.")
    n_resolved: int
    n_escalated: int
    n_abandoned: int
    n_open: int
    resolved_share: Share
    time_to_resolution: WaitingTime = Field(description="Of these sessions; the unresolved are waiting still.")
    working_time_to_resolution: WaitingTime | None = Field(
        description="In the account's working hours of then; null if it worked around the clock."
    )
    n_handoffs_sent: int = Field(description="Handoffs that the caller created in the window.")
    returned_share: Share = Field(description="Of these: returned, or sent back because they said too little.")
    time_to_claim: WaitingTime = Field(description="From sending a handoff until a senior claimed it.")
    working_time_to_claim: WaitingTime | None = Field(description="The same in working hours.")
    n_handoffs_claimed: int = Field(description="Handoffs that the caller claimed in the window and still has.")
    time_to_first_action: WaitingTime = Field(description="From the claim to the caller's own first action.")
    working_time_to_first_action: WaitingTime | None = Field(description="The same in working hours.")


async def own_figures(db: ReadDb, window: Window, user_id: uuid.UUID) -> OwnFigures:
    """The figures of one person, in one statement."""
    window = replace(window, only=replace(window.only, person_id=None))
    row = (await db.execute(narrowed(_SQL, window.only), {**window.parameters, "me": user_id})).one()
    working = await estimated(
        row,
        history_in(row.account_hours),
        window,
        {
            "resolution": ("working_time_to_resolution", row.n_untimed),
            "to_claim": ("working_time_to_claim", row.n_claim_unknown),
            "action": ("working_time_to_first_action", 0),
        },
    )
    return OwnFigures(**header(window, "me"), **_cases(row), **_handoffs(row), **working)


def _cases(row: Any) -> dict[str, Any]:
    return {
        "n_sessions": row.n_sessions,
        "n_resolved": row.n_resolved,
        "n_escalated": row.n_escalated,
        "n_abandoned": row.n_abandoned,
        "n_open": row.n_sessions - row.n_resolved - row.n_escalated - row.n_abandoned,
        "resolved_share": share(proportion(row.n_resolved, row.n_sessions)),
        "time_to_resolution": waiting_time(survival(row.resolution_ended, row.resolution_censored), row.n_untimed),
    }


def _handoffs(row: Any) -> dict[str, Any]:
    return {
        "n_handoffs_sent": row.n_sent,
        "returned_share": share(proportion(row.n_returned, row.n_sent)),
        "time_to_claim": waiting_time(survival(row.to_claim_ended, row.to_claim_censored), row.n_claim_unknown),
        "n_handoffs_claimed": row.n_claimed,
        "time_to_first_action": waiting_time(survival(row.action_ended, row.action_censored), 0),
    }
