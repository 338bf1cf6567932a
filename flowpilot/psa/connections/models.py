"""An account's connection to its ticket system, and what it has told about people and statuses."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key
from flowpilot.psa.occasions import Occasion

# More than any transaction takes.
_NEARLY = timedelta(seconds=60)


class ProviderKind(StrEnum):
    """A ticket system that FlowPilot speaks to."""

    REQUEST_TRACKER = "request_tracker"
    REDMINE = "redmine"
    CONNECTWISE = "connectwise"
    HALOPSA = "halopsa"
    AUTOTASK = "autotask"
    CONSOLE = "console"


class PauseKind(StrEnum):
    """Why a connection sends nothing: somebody paused it, or its credentials are no longer accepted."""

    BY_HAND = "by_hand"
    CREDENTIALS = "credentials"


# What a connection knows of its failures, once a person has mended it. A pause that the system asked for stays.
NO_TROUBLE: Mapping[str, int | None] = {"failures": 0, "trouble": None, "backs_off_until": None, "wakes_at": None}


class PsaConnection(Tenant, Base):
    """An account's connection to its ticket system; at most one that is not removed.

    `tenant` is whose desk it is, where many share an address. The credentials are encrypted and never shown.
    `settings` are the provider's own options. Until `rests_until`
    nothing is sent, because the ticket system asked for it; until `backs_off_until` nothing is posted, because it
    has failed `failures` times in a row (`trouble` says how). The job that goes on then is scheduled for
    `wakes_at`. Its members are read again at `members_due_at`. A removed one keeps its history, but no
    credentials.
    """

    __tablename__ = "psa_connections"
    __table_args__ = (
        one_of("provider", ProviderKind),
        one_of("pause_kind", PauseKind),
        CheckConstraint("(paused_at IS NULL) = (pause_kind IS NULL)", "paused"),
        Index("psa_connections_active_idx", "account_id", unique=True, postgresql_where="removed_at IS NULL"),
    )

    provider: Mapped[str]
    name: Mapped[str]
    base_url: Mapped[str]
    tenant: Mapped[str] = mapped_column(server_default="")
    credentials_encrypted: Mapped[bytes] = mapped_column(LargeBinary)
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    findings: Mapped[dict[str, Any] | None]
    checked_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    trouble: Mapped[str | None]
    rests_until: Mapped[datetime | None]
    backs_off_until: Mapped[datetime | None]
    wakes_at: Mapped[datetime | None]
    members_due_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_kind: Mapped[str | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    removed_at: Mapped[datetime | None]

    @property
    def system(self) -> tuple[str, str, str]:
        """The ticket system that it leads to: two connections may lead to the same one, one after the other."""
        return self.provider, self.base_url, self.tenant

    @property
    def quiet_until(self) -> datetime | None:
        """Until when nothing is posted, for either reason."""
        return max((one for one in (self.rests_until, self.backs_off_until) if one is not None), default=None)

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing is posted at the moment, although it is not paused."""
        return self.quiet_until is not None and self.quiet_until > now

    def is_woken_later(self, now: datetime) -> bool:
        """Whether it rests, and a turn is on its way for the end of it, which takes what is enqueued until then.

        A turn that is nearly there may be over before the transaction that enqueues it. One long after the rest is
        for something else: what is held for a day, for example.
        """
        if self.quiet_until is None or self.quiet_until <= now or self.wakes_at is None:
            return False
        return now + _NEARLY < self.wakes_at <= self.quiet_until + _NEARLY

    def may_be_tried(self, now: datetime) -> bool:
        """Whether it rests only because it has failed, so that a person may have it tried earlier."""
        has_asked = self.rests_until is not None and self.rests_until > now
        return self.paused_at is None and self.is_quiet(now) and not has_asked


class PsaCallSlot(Tenant, Base):
    """A place for one open request of a connection. It is free once `busy_until` has passed.

    All processes take their places here. One that has died asks for no more time, so its place is soon free.
    """

    __tablename__ = "psa_call_slots"
    __table_args__ = (
        tenant_key("connection_id", "psa_connections"),
        UniqueConstraint("account_id", "connection_id", "number"),
    )

    connection_id: Mapped[uuid.UUID]
    number: Mapped[int] = mapped_column(SmallInteger)
    busy_until: Mapped[datetime]


class MappedBy(StrEnum):
    """How a member of the ticket system was matched with a person here."""

    EMAIL = "email"
    HAND = "hand"


class PsaMember(Tenant, Base):
    """Somebody who works in the ticket system, and who that is here, if it is known.

    `is_own`: it is FlowPilot's own user, whose credentials the connection has. `token_encrypted`: a credential
    of a person's own, where time is booked on the credential's owner. From `token_refused_at` on, the ticket
    system does not accept it, and what is theirs waits.
    """

    __tablename__ = "psa_members"
    __table_args__ = (
        tenant_key("connection_id", "psa_connections"),
        UniqueConstraint("account_id", "connection_id", "external_id"),
        one_of("mapped_by", MappedBy),
        Index("psa_members_user_idx", "account_id", "connection_id", "user_id"),
    )

    connection_id: Mapped[uuid.UUID]
    external_id: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    is_active: Mapped[bool]
    is_own: Mapped[bool] = mapped_column(server_default="false")
    user_id: Mapped[uuid.UUID | None]
    mapped_by: Mapped[str | None]
    token_encrypted: Mapped[bytes | None] = mapped_column(LargeBinary)
    token_refused_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]


class PsaBoardStatus(Tenant, Base):
    """The status that tickets of one board get when a session ends so, as a person has chosen it.

    Without a `status_id` they keep the one that they have.
    """

    __tablename__ = "psa_board_statuses"
    __table_args__ = (
        tenant_key("connection_id", "psa_connections"),
        UniqueConstraint("account_id", "connection_id", "board_id", "occasion", name="psa_board_statuses_key"),
        one_of("occasion", Occasion),
    )

    connection_id: Mapped[uuid.UUID]
    board_id: Mapped[str]
    board_name: Mapped[str]
    occasion: Mapped[str]
    status_id: Mapped[str | None]
    status_name: Mapped[str | None]
