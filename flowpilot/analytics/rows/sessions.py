"""Sessions as rows."""

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.phrases import NEWEST_UNMATCHED, SAYS_PHRASE
from flowpilot.analytics.places import HANDED_OVER_AT, NEWEST_HANDOFFS
from flowpilot.analytics.rows.base import Conditions, FilterText, Hour, Minutes, RowFilter, RowKind, Weekday
from flowpilot.analytics.sql import CREATED_IN_WINDOW, ESCALATED, LOGGED_IN_WINDOW, POSTED_IN_WINDOW, seconds
from flowpilot.analytics.workload.ends import IS_OPEN_ON, LOCAL_HOUR, LOCAL_WEEKDAY


class SessionRowFilter(RowFilter):
    """Sessions. `by` says which of their times must be in the window."""

    by: Literal["created", "doc_pushed", "time_entry_logged", "handed_over", "any_time"] = Field(
        default="created",
        description="What must be in the window: the session's creation, a successful post, a time entry, or a "
        "handoff. `any_time`: created before its end.",
    )
    status: list[Literal["active", "paused", "escalated", "resolved", "abandoned"]] | None = Field(
        default=None, description="Any of these; `escalated` includes `requesting_escalation`."
    )
    domain: FilterText | None = Field(
        default=None, description="Exactly this domain: case matters, as in the reports."
    )
    without_domain: bool | None = None
    client_id: UUID | None = None
    without_client: bool | None = None
    tier: Literal["guided", "exploring", "discovery"] | None = None
    flow_id: UUID | None = None
    without_flow: bool | None = None
    left_options: bool | None = Field(default=None, description="An answer left the options for free text.")
    phrase: FilterText | None = Field(
        default=None,
        description="The problem says this phrase, apart from words that say nothing: of the window's newest "
        f"{NEWEST_UNMATCHED:,} sessions without a flow.",
    )
    handed_over_at: FilterText | None = Field(
        default=None,
        description=f"Of the window's newest {NEWEST_HANDOFFS:,} handoffs, those at this node: the flow's id, "
        "`/`, and the node's. With `by=handed_over`.",
    )
    ever_escalated: bool | None = Field(default=None, description="Handed over at least once by `as_of`.")
    has_ticket: bool | None = None
    rated: bool | None = None
    timed: bool | None = Field(default=None, description="Has a `resolved_at`.")
    resolved_on: date | None = Field(
        default=None, description="Resolved on this day of the window's zone: a day of the MTTR trend."
    )
    created_weekday: Weekday | None = None
    created_hour: Hour | None = None
    open_on: date | None = Field(
        default=None, description="Open at the end of this day of the window's zone. With `by=any_time`."
    )
    resolved_from: date | None = Field(default=None, description="Resolved on this day or later.")
    resolved_until: date | None = Field(default=None, description="Resolved on this day or before.")

    sql: ClassVar[Conditions] = {
        "by": {
            "created": CREATED_IN_WINDOW,
            "any_time": "created_at < :end",
            "doc_pushed": f"id IN (SELECT ai_session_id FROM psa_post_logs WHERE {POSTED_IN_WINDOW}"
            " AND status = 'success')",
            "handed_over": f"id IN (SELECT session_id FROM session_handoffs WHERE {CREATED_IN_WINDOW})",
            "time_entry_logged": f"id IN (SELECT session_id FROM psa_activity_logs WHERE {LOGGED_IN_WINDOW})",
        },
        "status": {name: f"status = '{name}'" for name in ("active", "paused", "resolved", "abandoned")}
        | {"escalated": ESCALATED},
        "domain": "problem_domain = :domain",
        "without_domain": "problem_domain IS NULL",
        "client_id": "client_id = :client_id",
        "without_client": "client_id IS NULL",
        "tier": "confidence_tier = :tier",
        "flow_id": "matched_flow_id = :flow_id",
        "without_flow": "matched_flow_id IS NULL",
        "left_options": "free_text_count > 0",
        "phrase": SAYS_PHRASE,
        "handed_over_at": HANDED_OVER_AT,
        "ever_escalated": "id IN (SELECT session_id FROM session_handoffs WHERE account_id = :account_id"
        " AND created_at <= :as_of)",
        "has_ticket": "psa_ticket_id IS NOT NULL",
        "rated": "session_rating IS NOT NULL",
        "timed": "resolved_at IS NOT NULL",
        "resolved_on": "status = 'resolved' AND (resolved_at AT TIME ZONE :tz)::date = :resolved_on",
        "created_weekday": f"{LOCAL_WEEKDAY} = :created_weekday",
        "created_hour": f"{LOCAL_HOUR} = :created_hour",
        "open_on": IS_OPEN_ON,
        "resolved_from": "status = 'resolved' AND (resolved_at AT TIME ZONE :tz)::date >= :resolved_from",
        "resolved_until": "status = 'resolved' AND (resolved_at AT TIME ZONE :tz)::date <= :resolved_until",
    }


class SessionItem(BaseModel):
    """A session. `owner` works on it; null if no member does."""

    id: UUID
    problem_summary: str
    problem_domain: str | None
    status: str
    confidence_tier: str | None
    flow_id: UUID | None
    flow: str | None
    owner: str | None
    psa_ticket_id: str | None
    step_count: int
    session_rating: int | None
    created_at: datetime
    resolved_at: datetime | None
    minutes_to_resolution: Minutes | None
    working_minutes_to_resolution: Minutes | None = Field(description="In the account's working hours of then.")
    client_id: UUID | None
    client: str | None


SESSIONS = RowKind(
    name="sessions",
    description="Sessions, newest first.",
    filter=SessionRowFilter,
    item=SessionItem,
    table="ai_sessions",
    shown=f"""
    SELECT p.id, p.problem_summary, p.problem_domain, p.status, p.confidence_tier, p.matched_flow_id AS flow_id,
           t.name AS flow,
           coalesce(p.owner_id, CASE WHEN p.last_activity_at IS NULL THEN p.user_id END) AS owner,
           p.psa_ticket_id, p.step_count, p.session_rating, p.created_at, p.resolved_at,
           {seconds("p.resolved_at - p.created_at")} / 60 AS minutes_to_resolution,
           coalesce(p.work_seconds, {seconds("p.resolved_at - p.created_at")}) / 60
               AS working_minutes_to_resolution, p.client_id,
           p.client_name AS client
    FROM page p
    LEFT JOIN trees t ON t.account_id = :account_id AND t.id = p.matched_flow_id
    """,
    people=("owner",),
)
