"""What is posted to tickets, step by step, and every attempt at it."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key
from flowpilot.psa.occasions import Occasion


class State(StrEnum):
    """Where a posting is, and each of its steps.

    `sent`: the ticket system was sent it, and it has not been seen there yet. Only `confirmed` means that it was.
    """

    HELD = "held"
    QUEUED = "queued"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    ABANDONED = "abandoned"


WAITING = frozenset({State.HELD, State.QUEUED, State.SENT})
# A status in these may still be set, by itself or because somebody retries it.
STATUS_LEFT = frozenset({State.QUEUED, State.FAILED})


class PsaPosting(Tenant, Base):
    """What is posted to a ticket because of one thing that happened in a session, step by step.

    It is not tried before `due_at`. `text_made` is what FlowPilot wrote, if somebody has edited it since. One that
    was held has no `released_at` until it goes. `is_unlinked`: its session has no ticket any more.
    """

    __tablename__ = "psa_postings"
    __table_args__ = (
        tenant_key("connection_id", "psa_connections"),
        tenant_key("ai_session_id", "ai_sessions"),
        one_of("state", State),
        one_of("occasion", Occasion),
        CheckConstraint("audience IN ('internal', 'client')", "audience"),
        Index("psa_postings_session_idx", "account_id", "ai_session_id", "id"),
        Index("psa_postings_ticket_idx", "account_id", "ticket_id"),
        Index(
            "psa_postings_waiting_idx",
            "account_id",
            "connection_id",
            "due_at",
            postgresql_where="state IN ('held', 'queued', 'sent')",
        ),
        Index(
            "psa_postings_open_idx",
            "account_id",
            "state",
            "id",
            postgresql_where="state IN ('held', 'queued', 'sent', 'failed')",
        ),
    )

    connection_id: Mapped[uuid.UUID]
    ai_session_id: Mapped[uuid.UUID]
    ticket_id: Mapped[str]
    audience: Mapped[str]
    occasion: Mapped[str]
    text: Mapped[str | None]
    text_made: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    due_at: Mapped[datetime | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    edited_by: Mapped[uuid.UUID | None]
    released_at: Mapped[datetime | None]
    is_unlinked: Mapped[bool] = mapped_column(server_default="false")
    ended_at: Mapped[datetime | None]


class PsaPostingStep(Tenant, Base):
    """One step of a posting: its note, one person's time, one of the session's files, or the ticket's status.

    `marker` is part of the record, by which it is found there. `asked_at` is when a request was sent that
    has not been answered; until a look-up has told what became of it, nothing is written again. `looks` counts
    the look-ups that did not find what was accepted, or what was sent and not answered, since a person last
    asked for it. Nothing is done before `due_at`. `worked_seconds` is what `minutes` was rounded from. Steps
    that were written as one record have one marker. `first_started_at` is when the work began, if a correction
    of its minutes may have moved `started_at`.
    """

    __tablename__ = "psa_posting_steps"
    __table_args__ = (
        tenant_key("posting_id", "psa_postings"),
        UniqueConstraint("account_id", "posting_id", "position"),
        tenant_key("attachment_id", "attachments"),
        Index(
            "psa_posting_steps_attachment_idx",
            "account_id",
            "attachment_id",
            postgresql_where="attachment_id IS NOT NULL",
        ),
        CheckConstraint("kind IN ('note', 'time', 'file', 'status')", "kind"),
        CheckConstraint("(kind = 'file') = (attachment_id IS NOT NULL)", "attachment"),
        CheckConstraint("(kind = 'time') = (minutes IS NOT NULL)", "minutes"),
        CheckConstraint("minutes > 0", "positive"),
        CheckConstraint("ended_at >= started_at", "ended_at"),
        one_of("state", State),
    )

    posting_id: Mapped[uuid.UUID]
    position: Mapped[int] = mapped_column(SmallInteger)
    kind: Mapped[str]
    marker: Mapped[str]
    user_id: Mapped[uuid.UUID | None]
    minutes: Mapped[int | None]
    worked_seconds: Mapped[float | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    external_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    looks: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    due_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    first_started_at: Mapped[datetime | None]
    attachment_id: Mapped[uuid.UUID | None]

    @property
    def is_there_wrongly(self) -> bool:
        """Whether it was written, and not as it should be: a person has to correct it in the ticket system."""
        return self.state == State.FAILED and self.external_id is not None and self.looks == 0

    @property
    def may_have_arrived(self) -> bool:
        """Whether it is on the ticket, or may be without having been seen there."""
        return self.external_id is not None or self.asked_at is not None or self.looks > 0


class PsaAttempt(Tenant, Base):
    """One request that was to write a step. A process that died meanwhile has left it without an outcome."""

    __tablename__ = "psa_attempts"
    __table_args__ = (
        tenant_key("step_id", "psa_posting_steps"),
        CheckConstraint("outcome IN ('accepted', 'refused', 'try_later', 'unknown')", "outcome"),
        Index(None, "account_id", "step_id", "id"),
    )

    step_id: Mapped[uuid.UUID]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]


# The condition of a join of postings with their steps.
IS_OF_POSTING = and_(
    PsaPostingStep.account_id == PsaPosting.account_id, PsaPostingStep.posting_id == PsaPosting.id
)
