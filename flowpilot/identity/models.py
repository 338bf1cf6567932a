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
)
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, new_id


class Account(Base):
    """One customer of the installation: the tenant, with the rules of its help desk.

    Minutes of no limit are null. Working hours are days of the week (ISO: Monday is 1) and wall-clock times, all
    three or none; without them the desk works around the clock.
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
    created_at: Mapped[datetime] = created_at()


class User(Base):
    """A person, or an integration. Without a password hash nobody can sign in as it.

    Where the operator gave the password, whoever knows it is the person. Otherwise whoever accepted an invitation
    chose it, and that can be the one who invited.
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
    """What a user may do in an account. `external_name` is the person's name in an imported log."""

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
    """A credential of a program. Only its SHA-256 is kept; `prefix` is what a person recognises it by."""

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
    """A way into the account for whoever holds its link. Only the SHA-256 of the link's secret is kept.

    It is open until it is accepted, revoked or past its time. Of one e-mail there is one that is neither accepted
    nor revoked.
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
    """One change of access: who did what to whom. Rows are never changed or removed."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "account_id", "action"), {"info": {"append_only": True}})

    actor_id: Mapped[uuid.UUID | None]
    action: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[uuid.UUID]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]


class IdempotencyKey(Tenant, Base):
    """A caller's key, what it was sent with, and what was answered. Good for 24 hours."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("account_id", "caller", "key"),
        Index(None, "account_id", "created_at"),  # Old ones are looked for by each request with a key.
    )

    caller: Mapped[str]
    key: Mapped[str]
    request_digest: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
