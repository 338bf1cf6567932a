"""Accounts, the people in them, and the keys they act with."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, new_id


class Account(Base):
    """One customer of the installation: the tenant, with the rules of its help desk.

    Minutes of no limit are null. `last_handoff_event` numbers the account's live events in the order in which
    they are committed.
    """

    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    lease_minutes: Mapped[int | None] = mapped_column(server_default="30")
    idle_minutes: Mapped[int | None] = mapped_column(server_default="4320")
    last_handoff_event: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = created_at()


class User(Base):
    """A person, or an integration. Without a password hash nobody can sign in as it."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(server_default="")
    password_hash: Mapped[str | None]
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


class AuditEntry(Tenant, Base):
    """One change of access: who did what to whom. Rows are never changed or removed."""

    __tablename__ = "audit_log"
    __table_args__ = ({"info": {"append_only": True}},)

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
    __table_args__ = (UniqueConstraint("account_id", "caller", "key"),)

    caller: Mapped[str]
    key: Mapped[str]
    request_digest: Mapped[str]
    answer: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
