"""Handoffs as rows."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.escalations.quality import BOUNCED, CLAIMS, NEWEST
from flowpilot.analytics.rows.base import (
    Conditions,
    FilterText,
    Hour,
    RowFilter,
    RowKind,
    Seconds,
    Weekday,
    is_of_client,
    session_of,
)
from flowpilot.analytics.sql import (
    CLAIMED_IN_WINDOW,
    CREATED_IN_WINDOW,
    IS_ACTED,
    IS_CLAIM_TIME_UNKNOWN,
    IS_CLAIMANT_ACTED,
    IS_CLAIMED,
    IS_CLOSED,
    IS_IMPORTED,
    IS_WAITING,
    seconds,
)
from flowpilot.analytics.workload.ends import IS_HANDOFF_OPEN_ON, LOCAL_HOUR, LOCAL_WEEKDAY
from flowpilot.identity.actor import Permission

# The seconds of a filter. Those of an item are rounded.
_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_State = Literal[
    "unclaimed",
    "waiting",
    "claimed",
    "acted",
    "not_acted",
    "pending",
    "closed",
    "acted_ever",
    "claimant_acted",
    "claimant_not_acted",
]

_SECONDS_TO_ACTION = seconds("first_action_at - claimed_at")
_IS_COMPLETENESS_KNOWN = f"""
    CASE jsonb_typeof(snapshot->'completeness')
        WHEN 'number' THEN (snapshot->>'completeness')::numeric BETWEEN 0 AND 1 ELSE false
    END
    AND id IN (
        SELECT id FROM session_handoffs WHERE {CREATED_IN_WINDOW} ORDER BY created_at DESC, id DESC LIMIT {NEWEST}
    )
"""
_CTES = f"""
claimed AS (SELECT id, session_id, outcome, closed_at FROM session_handoffs WHERE {CLAIMED_IN_WINDOW}),
bounced AS ({BOUNCED}),
claims AS ({CLAIMS}),
"""


def _same_reason(words: str) -> str:
    """A reason as reports group it: whatever its case and the blanks around it."""
    return rf"lower(btrim({words}, E' \t\n\r'))"


def _of_sessions(condition: str) -> str:
    return f"session_id IN (SELECT id FROM ai_sessions WHERE account_id = :account_id AND {condition})"


class HandoffRowFilter(RowFilter):
    """Handoffs, as they were at `as_of`. `by` says which of their times must be in the window."""

    by: Literal["created", "claimed", "claim_event", "any_time"] = Field(
        default="created",
        description="What must be in the window: the handoff's creation, its claim, or any claim among its events,"
        " whatever became of it. `any_time`: created before its end.",
    )
    state: _State | None = Field(
        default=None,
        description="`waiting`: open, and nobody holds it, as in the queue; `pending`: neither acted on nor"
        " closed; `acted_ever`: acted on, even after `as_of`."
        " `claimant_acted` and `claimant_not_acted`: by the claimant."
        " `unclaimed`, `not_acted` and `claimant_not_acted` leave out handoffs claimed at an unknown time.",
    )
    claim_time_unknown: bool | None = Field(default=None, description="Claimed at an unknown time.")
    reason: FilterText | None = Field(default=None, description="Ignoring case.")
    without_reason: bool | None = None
    not_reason: list[FilterText] | None = Field(
        default=None,
        description="Not one of these. With all the reasons that a report names, this is its `(other)`.",
    )
    domain: FilterText | None = Field(
        default=None, description="Exactly this domain of the session: case matters."
    )
    without_domain: bool | None = None
    client_id: UUID | None = Field(default=None, description="Of sessions for this client.")
    released: bool | None = Field(
        default=None, description="Released, or its lease expired, after a claim in the window."
    )
    bounced_back: bool | None = Field(default=None, description="Claimed in the window, and came back.")
    from_seconds: _Seconds | None = Field(
        default=None, description="Acted on this long after the claim, or later: a bar of the distribution."
    )
    to_seconds: _Seconds | None = Field(default=None, description="Acted on sooner than this after the claim.")
    created_weekday: Weekday | None = None
    created_hour: Hour | None = None
    open_on: date | None = Field(
        default=None, description="Open at the end of this day of the window's zone. With `by=any_time`."
    )
    imported: bool | None = Field(default=None, description="Of a session that an import brought.")
    completeness_known: bool | None = Field(
        default=None, description="Among the newest 2,000, and its snapshot says how complete it is."
    )

    sql: ClassVar[Conditions] = {
        "by": {
            "created": CREATED_IN_WINDOW,
            "claimed": CLAIMED_IN_WINDOW,
            "any_time": "created_at < :end",
            "claim_event": "id IN (SELECT handoff_id FROM claims)",
        },
        "state": {
            "unclaimed": f"NOT ({IS_CLAIMED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN})",
            "waiting": IS_WAITING,
            "claimed": IS_CLAIMED,
            "acted": IS_ACTED,
            "not_acted": f"NOT ({IS_ACTED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN})",
            "pending": f"NOT ({IS_ACTED}) AND NOT ({IS_CLOSED})",
            "closed": IS_CLOSED,
            "acted_ever": "first_action_at IS NOT NULL",
            "claimant_acted": IS_CLAIMANT_ACTED,
            "claimant_not_acted": f"NOT ({IS_CLAIMANT_ACTED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN})",
        },
        "claim_time_unknown": IS_CLAIM_TIME_UNKNOWN,
        "reason": f"{_same_reason('reason')} = {_same_reason(':reason')}",
        "without_reason": f"{_same_reason('reason')} = ''",
        "not_reason": f"{_same_reason('reason')} NOT IN"
        f" (SELECT {_same_reason('named')} FROM unnest(CAST(:not_reason AS text[])) named)",
        "domain": _of_sessions("problem_domain = :domain"),
        "without_domain": _of_sessions("problem_domain IS NULL"),
        "client_id": is_of_client("session_id"),
        "released": "id IN (SELECT handoff_id FROM claims WHERE is_released)",
        "bounced_back": "id IN (SELECT id FROM bounced)",
        "from_seconds": f"{IS_ACTED} AND {_SECONDS_TO_ACTION} >= :from_seconds",
        "to_seconds": f"{IS_ACTED} AND {_SECONDS_TO_ACTION} < :to_seconds",
        "created_weekday": f"{LOCAL_WEEKDAY} = :created_weekday",
        "created_hour": f"{LOCAL_HOUR} = :created_hour",
        "open_on": IS_HANDOFF_OPEN_ON,
        "imported": IS_IMPORTED,
        "completeness_known": _IS_COMPLETENESS_KNOWN,
    }


class HandoffItem(BaseModel):
    """A handoff, with the names of people who are members.

    `seconds_to_claim` counts from its creation, `seconds_to_first_action` and `seconds_to_claimant_action` from
    the claim. The `working_` ones count only the account's working hours of then.
    """

    id: UUID
    session_id: UUID
    problem_summary: str
    problem_domain: str | None
    reason: str
    priority: Literal["urgent", "high", "normal", "low"]
    created_at: datetime
    created_by: str | None
    claimed_at: datetime | None
    claimed_by: str | None
    first_action_at: datetime | None
    first_action_by: str | None
    claimant_action_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    seconds_to_claim: Seconds | None
    seconds_to_first_action: Seconds | None
    seconds_to_claimant_action: Seconds | None
    working_seconds_to_claim: Seconds | None
    working_seconds_to_first_action: Seconds | None
    working_seconds_to_claimant_action: Seconds | None
    client_id: UUID | None
    client: str | None


HANDOFFS = RowKind(
    name="handoffs",
    description="Handoffs, newest first.",
    filter=HandoffRowFilter,
    item=HandoffItem,
    table="session_handoffs",
    shown=f"""
    SELECT p.id, p.session_id, s.problem_summary, s.problem_domain, p.reason,
           (ARRAY['urgent', 'high', 'normal', 'low'])[p.priority] AS priority,
           p.created_at, p.created_by, p.claimed_at, p.claimed_by, p.first_action_at, p.first_action_by,
           p.claimant_action_at, p.closed_at, p.outcome,
           {seconds("p.claimed_at - p.created_at")} AS seconds_to_claim,
           {seconds("p.first_action_at - p.claimed_at")} AS seconds_to_first_action,
           {seconds("p.claimant_action_at - p.claimed_at")} AS seconds_to_claimant_action,
           coalesce(p.claim_work_seconds, {seconds("p.claimed_at - p.created_at")}) AS working_seconds_to_claim,
           coalesce(p.action_work_seconds, {seconds("p.first_action_at - p.claimed_at")})
               AS working_seconds_to_first_action,
           coalesce(p.claimant_work_seconds, {seconds("p.claimant_action_at - p.claimed_at")})
               AS working_seconds_to_claimant_action,
           s.client_id, s.client_name AS client
    FROM page p
    {session_of("session_id")}
    """,
    ctes=_CTES,
    people=("created_by", "claimed_by", "first_action_by"),
    permission=Permission.VIEW_ESCALATIONS,
)
