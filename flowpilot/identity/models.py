"""Accounts, the people in them, and the keys they act with."""

import uuid
from datetime import datetime, time
from typing import Any

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    UniqueConstraint,
    false,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, new_id


class Account(Base):
    """One customer of the installation: the tenant, with the rules of its help desk.

    Minutes are null for no limit. Working hours are days of the week (ISO: Monday is 1) and local times, all three
    or none; without them the desk works around the clock. A confirmed flow is trusted for `verified_days`, or
    always. `reports_by_person`: whether reports may be narrowed to one person. From `closed_at`
    on nobody is let in, and from `removal_began_at` on its rows are removed.
    """

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("num_nonnulls(work_days, work_start, work_end) IN (0, 3)", "work_hours"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    lease_minutes: Mapped[int | None] = mapped_column(server_default="30")
    idle_minutes: Mapped[int | None] = mapped_column(server_default="4320")
    work_days: Mapped[list[int] | None] = mapped_column(ARRAY(SmallInteger))
    work_start: Mapped[time | None]
    work_end: Mapped[time | None]
    verified_days: Mapped[int | None] = mapped_column(server_default="180")
    reports_by_person: Mapped[bool] = mapped_column(server_default=true())
    closed_at: Mapped[datetime | None]
    removal_began_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class User(Base):
    """A person, or an integration. Without a password hash nobody can sign in as this user.

    A password that the operator gave is known to the person alone. Otherwise it was chosen when an invitation was
    accepted, and the person who invited can have done that.
    """

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str | None]
    password_given_by_operator: Mapped[bool] = mapped_column(server_default=false())
    password_changed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class Membership(Base):
    """A user's role in an account. `external_name` is the person's name in an imported log."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index(
            "memberships_account_id_external_name_key",
            "account_id",
            "external_name",
            unique=True,
            postgresql_where="external_name IS NOT NULL",
        ),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[str]
    external_name: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()


class ApiKey(Tenant, Base):
    """A program's credential. Only its SHA-256 is stored; `prefix` is how people recognise it."""

    __tablename__ = "api_keys"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(server_default="")
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    prefix: Mapped[str]
    role: Mapped[str]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Invitation(Tenant, Base):
    """An invitation to join the account, for anyone with its link. Only the SHA-256 of its secret is stored.

    It is open until it is accepted, revoked or expired. Each e-mail has at most one that is neither accepted nor
    revoked.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index(
            "invitations_account_id_email_key",
            "account_id",
            "email",
            unique=True,
            postgresql_where="accepted_at IS NULL AND revoked_at IS NULL",
        ),
    )

    email: Mapped[str]
    role: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[uuid.UUID | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Tenant, Base):
    """One change of access: who did what to whom. Rows are never changed or deleted."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index(None, "account_id", "action"),
        Index("audit_log_actor_idx", "account_id", "actor_id"),
        {"info": {"append_only": True, "removable": ("before", "after")}},
    )

    actor_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[uuid.UUID]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class IdempotencyKey(Tenant, Base):
    """A caller's key, a digest of its request, and the answer with what it is about. Valid for 24 hours."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("account_id", "caller", "key"),
        Index(None, "account_id", "created_at"),  # Each request with a key looks for old ones.
        Index("idempotency_keys_subject_idx", "account_id", "subject_id"),
    )

    caller: Mapped[str]
    key: Mapped[str]
    request_digest: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    subject_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
