"""Guided sessions and the steps that were taken in them."""

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, TenantPart, created_at, one_of, tenant_key
from flowpilot.sessions.reading.tickets import ticket_key

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def version_at(last_activity_at: datetime | None) -> int:
    """The version of a session that last changed then, in microseconds; 0 for one that came from a log."""
    return 0 if last_activity_at is None else (last_activity_at - _EPOCH) // _MICROSECOND


class SessionStatus(StrEnum):
    """Where a session is."""

    ACTIVE = "active"
    PAUSED = "paused"
    REQUESTING_ESCALATION = "requesting_escalation"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    ABANDONED = "abandoned"


class ConfidenceTier(StrEnum):
    """How well a flow fits the problem: confidence >= 0.8, >= 0.4, or below."""

    GUIDED = "guided"
    EXPLORING = "exploring"
    DISCOVERY = "discovery"


class AISession(Tenant, Base):
    """One engineer's work on one problem. The three counts are derived from its steps.

    `user_id` started it and `owner_id` works on it now: they differ once a senior has claimed it. Anybody may take
    an open one without an owner. `last_activity_at` is when anything last happened to it here; null if it came
    from a log, in which the person who started it also worked on it.
    `problem_summary` is its title. `problem_body` is the text that the title was taken from, as it was written;
    empty if the title says it all.
    `client_name` is what its client is called now; a rename and a merge change it here, too.
    One that waits for a fix to prove itself is paused, says what it waits for, and has a time to `look_again_at`.
    `fix_applied_at` is when that fix was applied; it stays once the fix is confirmed, and only then.
    `work_seconds` is the working time from its start to its resolution, by the hours of then; null without a
    resolution, or if all of the time was working time.
    `removals`: who removed words for good when, and where those still are, without the words.
    A resolved session without `resolved_at`: its log dates the end before the beginning, so its time is unknown.
    """

    __tablename__ = "ai_sessions"
    __table_args__ = (
        tenant_key("matched_flow_id", "trees"),
        tenant_key("flow_version_id", "tree_versions"),
        tenant_key("client_id", "clients"),
        one_of("status", SessionStatus),
        one_of("confidence_tier", ConfidenceTier),
        CheckConstraint("session_rating BETWEEN 1 AND 5", "session_rating"),
        CheckConstraint("resolved_at >= created_at", "resolved_at"),
        # Every report reads sessions by this window; the included columns spare it the table itself.
        Index(
            "ai_sessions_report_idx",
            "account_id",
            "created_at",
            postgresql_include=[
                "status",
                "confidence_tier",
                "problem_domain",
                "matched_flow_id",
                "psa_ticket_id",
                "step_count",
                "answer_count",
                "free_text_count",
                "session_rating",
                "resolved_at",
            ],
        ),
        Index("ai_sessions_flow_idx", "account_id", "matched_flow_id", "created_at"),
        Index("ai_sessions_owner_idx", "account_id", "owner_id", "status"),
        # What is open and nobody's is little, but a log brings many that have ended and are nobody's.
        Index(
            "ai_sessions_unassigned_idx",
            "account_id",
            "created_at",
            "id",
            postgresql_where="owner_id IS NULL AND last_activity_at IS NOT NULL AND"
            " status IN ('active', 'paused')",
        ),
        # Answers of open sessions are in no sum of a day, so a report reads them one by one.
        Index(
            "ai_sessions_open_idx",
            "account_id",
            "created_at",
            postgresql_include=["problem_domain", "matched_flow_id", "answer_count", "free_text_count"],
            postgresql_where="status IN ('active', 'paused')",
        ),
        Index(
            "ai_sessions_of_log_idx",
            "account_id",
            "user_id",
            postgresql_where="owner_id IS NULL AND last_activity_at IS NULL AND"
            " status IN ('active', 'paused', 'requesting_escalation', 'escalated')",
        ),
        Index(
            "ai_sessions_ticket_key_idx",
            "account_id",
            "ticket_key",
            "created_at",
            postgresql_where="ticket_key IS NOT NULL",
        ),
        Index(
            "ai_sessions_client_idx",
            "account_id",
            "client_id",
            "created_at",
            postgresql_where="client_id IS NOT NULL",
        ),
        CheckConstraint("num_nonnulls(waiting_for, look_again_at) <> 1", "waiting_for"),
        CheckConstraint("look_again_at IS NULL OR fix_applied_at IS NOT NULL", "look_again_at"),
        Index(
            "ai_sessions_waiting_idx", "account_id", "look_again_at", postgresql_where="look_again_at IS NOT NULL"
        ),
    )

    user_id: Mapped[uuid.UUID | None]
    owner_id: Mapped[uuid.UUID | None]
    status: Mapped[str] = mapped_column(server_default=SessionStatus.ACTIVE)
    problem_summary: Mapped[str] = mapped_column(server_default="")
    problem_body: Mapped[str] = mapped_column(server_default="")
    problem_domain: Mapped[str | None]
    confidence_tier: Mapped[str | None]
    confidence: Mapped[float | None]
    matched_flow_id: Mapped[uuid.UUID | None]
    flow_version_id: Mapped[uuid.UUID | None]
    psa_ticket_id: Mapped[str | None]
    # Under row security an index serves a column, but nothing that has to be computed of rows of others, too.
    ticket_key: Mapped[str | None] = mapped_column(
        Computed(ticket_key("psa_ticket_id"), persisted=True), deferred=True
    )
    client_id: Mapped[uuid.UUID | None]
    client_name: Mapped[str | None]
    step_count: Mapped[int] = mapped_column(server_default="0")
    answer_count: Mapped[int] = mapped_column(server_default="0")
    free_text_count: Mapped[int] = mapped_column(server_default="0")
    session_rating: Mapped[int | None]
    rating_comment: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()
    last_activity_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    work_seconds: Mapped[float | None]
    waiting_for: Mapped[str | None]
    look_again_at: Mapped[datetime | None]
    fix_applied_at: Mapped[datetime | None]
    removals: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return version_at(self.last_activity_at)

    @property
    def worked_on_by(self) -> uuid.UUID | None:
        """Who works on it, or did until it ended."""
        return self.user_id if self.last_activity_at is None and self.owner_id is None else self.owner_id


class StepKind(StrEnum):
    """What a step is. Only an `answer` was given when a flow offered options."""

    ANSWER = "answer"
    OUTCOME = "outcome"
    NOTE = "note"
    BACK = "back"
    FLOW = "flow"
    ENTER = "enter"
    RESOLUTION = "resolution"
    FIX = "fix"
    TICK = "tick"
    FILL = "fill"
    WAIVE = "waive"
    UNDO = "undo"
    CORRECT = "correct"
    STRIKE = "strike"
    TAKE_BACK = "take_back"


# What people do with the items and fields of a flow. Several may do so at once, and it leads nowhere.
MARKS = frozenset({StepKind.TICK, StepKind.FILL, StepKind.WAIVE, StepKind.UNDO})
# What people do to earlier steps.
EDITS = frozenset({StepKind.CORRECT, StepKind.STRIKE, StepKind.TAKE_BACK})
# What leaves a session where it is, whoever does it meanwhile.
LEADS_NOWHERE = MARKS | {StepKind.CORRECT, StepKind.STRIKE}


class AISessionStep(TenantPart, Base):
    """One thing that was done or learnt in a session, and by whom. Rows are never removed.

    `content` by kind: answer `{question, choice}`, outcome `{instruction, outcome, note}` with
    `suggestion` if the copilot proposed it (`ai` or `rules`), note and resolution
    `{text}`, fix `{text, waiting_for, look_again_at}`, back `{}`, flow `{flow_id, name}`, enter `{flow_id,
    version_id, name}`, or `{name, halt}` if the sub-flow could not be entered, tick and undo `{item, text}` or
    `{field, label}`, fill `{field, label, value}`, waive the same as undo with `reason`. In a session that
    follows a flow also `node`, where the step was taken, and `next`, where the session is after it; in a sub-flow
    also `flow`, the flow of that node.

    A step about an earlier one names it: correct `{step, text}`, with `text_name` if it is about what a fix waits
    for, strike `{step}`, take_back `{step, also, moves}`
    with the steps that fell with it, and how many answers and outcomes came off the path; its place is where the
    session is after it.
    """

    __tablename__ = "ai_session_steps"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        UniqueConstraint("account_id", "session_id", "position"),
        # Reports leave out what was taken back, and few steps are.
        Index(
            "ai_session_steps_edits_idx",
            "account_id",
            "session_id",
            postgresql_where="kind IN ('correct', 'strike', 'take_back')",
        ),
        {"info": {"append_only": True, "removable": ("content",)}},
    )

    session_id: Mapped[uuid.UUID]
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default=StepKind.NOTE)
    actor_id: Mapped[uuid.UUID | None]
    is_free_text: Mapped[bool] = mapped_column(server_default="false")
    content: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = created_at()


class StatusChange(Tenant, Base):
    """One change of a session's status, by whom and why. Rows are never changed or removed.

    A beginning has no `from_status`; the job that abandons idle sessions has no actor.
    """

    __tablename__ = "ai_session_status_changes"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        Index(None, "account_id", "session_id", "created_at"),
        Index(
            "ai_session_status_changes_reopened_idx",
            "account_id",
            "created_at",
            postgresql_include=["session_id"],
            postgresql_where="from_status = 'resolved'",
        ),
        {"info": {"append_only": True, "removable": ("reason",)}},
    )

    session_id: Mapped[uuid.UUID]
    from_status: Mapped[str | None]
    to_status: Mapped[str]
    actor_id: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = created_at()


class SessionSuggestion(Tenant, Base):
    """What the copilot proposed to do next after the step at `position`."""

    __tablename__ = "ai_session_suggestions"
    __table_args__ = (
        tenant_key("session_id", "ai_sessions"),
        UniqueConstraint("account_id", "session_id", "position"),
    )

    session_id: Mapped[uuid.UUID]
    position: Mapped[int]
    content: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = created_at()


class ClientMergeSession(Base):
    """A session that a merge of clients moved: what an undo gives back."""

    __tablename__ = "client_merge_sessions"
    __table_args__ = (
        tenant_key("merge_id", "client_merges"),
        tenant_key("session_id", "ai_sessions"),
        Index("client_merge_sessions_session_idx", "account_id", "session_id"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    merge_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
