"""Which rows a figure counts: what can be asked, and the SQL condition that each answer is."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from flowpilot.analytics.escalations.quality import BOUNCED, CLAIMS
from flowpilot.analytics.sql import ESCALATED, SESSIONS_IN_WINDOW, seconds
from flowpilot.analytics.waits import CLAIMED_IN_WINDOW, CREATED_IN_WINDOW, IS_ACTED, IS_CLAIM_TIME_UNKNOWN
from flowpilot.http.fields import storable

Words = Annotated[str, AfterValidator(storable), Field(max_length=2000)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_POSTED_IN_WINDOW = "account_id = :account_id AND posted_at >= :start AND posted_at < :end"
_TIME_ENTRIES_IN_WINDOW = (
    "account_id = :account_id AND activity_type = 'time_entry_posted'"
    " AND created_at >= :start AND created_at < :end"
)
_REVIEWED_IN_WINDOW = "reviewed_at >= :start AND reviewed_at < :end"
_IS_CLAIMED = "claimed_at IS NOT NULL AND claimed_at <= :as_of"
_IS_CLOSED = "closed_at IS NOT NULL AND closed_at <= :as_of"
_IS_MEASURED = "seconds IS NOT NULL AND coalesce(stopped_at, created_at) <= :as_of"
_SECONDS_TO_ACTION = seconds("first_action_at - claimed_at")
_IS_COMPLETENESS_KNOWN = f"""
    CASE jsonb_typeof(snapshot->'completeness')
        WHEN 'number' THEN (snapshot->>'completeness')::numeric BETWEEN 0 AND 1 ELSE false
    END
    AND id IN (
        SELECT id FROM session_handoffs WHERE {CREATED_IN_WINDOW} ORDER BY created_at DESC, id DESC LIMIT 2000
    )
"""


def _same_reason(words: str) -> str:
    """A reason as it is grouped by: whatever its case, and the blanks around it."""
    return rf"lower(btrim({words}, E' \t\n\r'))"


def _of_sessions(condition: str) -> str:
    return f"session_id IN (SELECT id FROM ai_sessions WHERE account_id = :account_id AND {condition})"


class Filters(BaseModel):
    """Base of what can be asked of one kind of rows; None leaves a question open.

    `always` holds of all rows of the kind. `sql` has the condition of a field, or one for each of its values; of a
    yes-or-no question it is the condition of yes.
    """

    always: ClassVar[str] = "account_id = :account_id"
    sql: ClassVar[Mapping[str, str | Mapping[str, str]]]

    def asked(self) -> dict[str, Any]:
        """The fields that narrow the rows, by name."""
        return self.model_dump(exclude_none=True)

    def where(self) -> str:
        """The condition that all the answers are together; its parameters are those of `asked`."""
        return " AND ".join(f"({condition})" for condition in (self.always, *self._conditions()))

    def _conditions(self) -> Iterator[str]:
        for field, value in self.asked().items():
            condition = self.sql[field]
            if isinstance(condition, Mapping):
                values = value if isinstance(value, list) else [value]
                yield " OR ".join(condition[value] for value in values) or "false"
            else:
                yield f"NOT ({condition})" if value is False else condition


class SessionFilters(Filters):
    """Sessions. `by` says what of them lies in the window."""

    by: Literal["created", "doc_pushed", "time_entry_logged"] = Field(
        default="created",
        description="What lies in the window: the session's creation, a successful post of it, or a time entry.",
    )
    status: list[Literal["active", "paused", "escalated", "resolved", "abandoned"]] | None = Field(
        default=None, description="Any of these; `escalated` includes `requesting_escalation`."
    )
    domain: Words | None = Field(default=None, description="The very domain: case counts, as in the reports.")
    without_domain: bool | None = None
    tier: Literal["guided", "exploring", "discovery"] | None = None
    flow_id: UUID | None = None
    without_flow: bool | None = None
    has_ticket: bool | None = None
    rated: bool | None = None
    timed: bool | None = Field(default=None, description="Has a `resolved_at`.")
    resolved_on: date | None = Field(
        default=None, description="Resolved on this day of the window's zone: a day of the MTTR trend."
    )

    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "by": {
            "created": SESSIONS_IN_WINDOW,
            "doc_pushed": f"id IN (SELECT ai_session_id FROM psa_post_logs WHERE {_POSTED_IN_WINDOW}"
            " AND status = 'success')",
            "time_entry_logged": "id IN (SELECT session_id FROM psa_activity_logs"
            f" WHERE {_TIME_ENTRIES_IN_WINDOW})",
        },
        "status": {name: f"status = '{name}'" for name in ("active", "paused", "resolved", "abandoned")}
        | {"escalated": ESCALATED},
        "domain": "problem_domain = :domain",
        "without_domain": "problem_domain IS NULL",
        "tier": "confidence_tier = :tier",
        "flow_id": "matched_flow_id = :flow_id",
        "without_flow": "matched_flow_id IS NULL",
        "has_ticket": "psa_ticket_id IS NOT NULL",
        "rated": "session_rating IS NOT NULL",
        "timed": "resolved_at IS NOT NULL",
        "resolved_on": "status = 'resolved' AND (resolved_at AT TIME ZONE :tz)::date = :resolved_on",
    }


HANDOFF_CTES = f"""
claimed AS (SELECT id, session_id, outcome, closed_at FROM session_handoffs WHERE {CLAIMED_IN_WINDOW}),
bounced AS ({BOUNCED}),
claims AS ({CLAIMS}),
"""


class HandoffFilters(Filters):
    """Handoffs, as they stood at `as_of`. `by` says what of them lies in the window."""

    by: Literal["created", "claimed", "claim_event"] = Field(
        default="created",
        description="What lies in the window: the handoff's creation, its claim, or any claim among its events,"
        " whatever became of it.",
    )
    state: Literal["unclaimed", "claimed", "acted", "not_acted", "pending", "closed", "acted_ever"] | None = Field(
        default=None,
        description="`pending`: neither acted on nor closed; `acted_ever`: acted on, even after `as_of`."
        " `unclaimed` and `not_acted` leave out those claimed at an unknown time.",
    )
    claim_time_unknown: bool | None = Field(default=None, description="Claimed at an unknown time.")
    reason: Words | None = Field(default=None, description="Whatever its case.")
    without_reason: bool | None = None
    not_reason: list[Words] | None = Field(
        default=None, description="None of these: with all the reasons that a report names, its `(other)`."
    )
    domain: Words | None = Field(default=None, description="The session's very domain: case counts.")
    without_domain: bool | None = None
    released: bool | None = Field(
        default=None, description="Released, or its lease expired, after a claim in the window."
    )
    bounced_back: bool | None = Field(default=None, description="Claimed in the window, and came back.")
    from_seconds: Seconds | None = Field(
        default=None, description="Acted on so long after the claim, or later: a bar of the distribution."
    )
    to_seconds: Seconds | None = Field(default=None, description="Acted on sooner than so long after the claim.")
    completeness_known: bool | None = Field(
        default=None, description="Among the newest 2,000, and its snapshot says how complete it is."
    )

    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "by": {
            "created": CREATED_IN_WINDOW,
            "claimed": CLAIMED_IN_WINDOW,
            "claim_event": "id IN (SELECT handoff_id FROM claims)",
        },
        "state": {
            "unclaimed": f"NOT ({_IS_CLAIMED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN})",
            "claimed": _IS_CLAIMED,
            "acted": IS_ACTED,
            "not_acted": f"NOT ({IS_ACTED}) AND NOT ({IS_CLAIM_TIME_UNKNOWN})",
            "pending": f"NOT ({IS_ACTED}) AND NOT ({_IS_CLOSED})",
            "closed": _IS_CLOSED,
            "acted_ever": "first_action_at IS NOT NULL",
        },
        "claim_time_unknown": IS_CLAIM_TIME_UNKNOWN,
        "reason": f"{_same_reason('reason')} = {_same_reason(':reason')}",
        "without_reason": f"{_same_reason('reason')} = ''",
        "not_reason": f"{_same_reason('reason')} NOT IN"
        f" (SELECT {_same_reason('named')} FROM unnest(CAST(:not_reason AS text[])) named)",
        "domain": _of_sessions("problem_domain = :domain"),
        "without_domain": _of_sessions("problem_domain IS NULL"),
        "released": "id IN (SELECT handoff_id FROM claims WHERE is_released)",
        "bounced_back": "id IN (SELECT id FROM bounced)",
        "from_seconds": f"{IS_ACTED} AND {_SECONDS_TO_ACTION} >= :from_seconds",
        "to_seconds": f"{IS_ACTED} AND {_SECONDS_TO_ACTION} < :to_seconds",
        "completeness_known": _IS_COMPLETENESS_KNOWN,
    }


class PsaPostFilters(Filters):
    """Posts of sessions to the PSA in the window."""

    status: Literal["success", "failed", "pending"] | None = None
    retried: bool | None = Field(default=None, description="It took more than one try.")

    always: ClassVar[str] = f"{_POSTED_IN_WINDOW} AND ai_session_id IS NOT NULL"
    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "status": "status = :status",
        "retried": "retry_count > 0",
    }


class TimeEntryFilters(Filters):
    """Time entries of the window."""

    day: date | None = Field(default=None, description="A day of the window's zone.")

    always: ClassVar[str] = _TIME_ENTRIES_IN_WINDOW
    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "day": "(created_at AT TIME ZONE :tz)::date = :day",
    }


class ProposalFilters(Filters):
    """Proposals that wait now, whatever their age, and those that were reviewed in the window."""

    outcome: Literal["pending", "approved", "rejected"] | None = Field(
        default=None, description="`approved` includes those that were modified."
    )

    always: ClassVar[str] = f"account_id = :account_id AND (status = 'pending' OR {_REVIEWED_IN_WINDOW})"
    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "outcome": {
            "pending": "status = 'pending'",
            "approved": "status IN ('approved', 'modified')",
            "rejected": "status = 'rejected'",
        },
    }


class BaselineFilters(Filters):
    """Verbal handoffs that began in the window."""

    method: Literal["stopwatch", "entered"] | None = None
    running: bool | None = Field(default=None, description="The stopwatch ran at `as_of`.")
    excluded: bool | None = Field(default=None, description="Only the excluded, or only those that count.")
    excluded_reason: Words | None = None

    always: ClassVar[str] = CREATED_IN_WINDOW
    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "method": "method = :method",
        "running": f"NOT ({_IS_MEASURED})",
        "excluded": "excluded_reason IS NOT NULL",
        "excluded_reason": "excluded_reason = :excluded_reason",
    }


class FlowFilters(Filters):
    """Flows as they are now, whatever the window."""

    usable: bool | None = Field(default=None, description="Active and not deleted.")
    made_by_ai: bool | None = Field(default=None, description="An AI made or improved it.")
    domain: Words | None = Field(default=None, description="Its category has this name, ignoring case.")

    sql: ClassVar[Mapping[str, str | Mapping[str, str]]] = {
        "usable": "is_active AND deleted_at IS NULL",
        "made_by_ai": "origin IN ('ai_generated', 'ai_enhanced')",
        "domain": "category_id IN (SELECT id FROM tree_categories"
        " WHERE account_id = :account_id AND lower(name) = lower(:domain))",
    }
