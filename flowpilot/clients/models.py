"""The organisations that the help desk works for, the names by which they are found, and what was merged."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key


class Client(Tenant, Base):
    """An organisation that the help desk works for. `notes` are shown to everybody who works for it.

    One that was merged into another is kept without names, so that the merge can be undone.
    """

    __tablename__ = "clients"
    __table_args__ = (
        tenant_key("merged_into_id", "clients"),
        CheckConstraint("merged_into_id <> id", "merged_into_id"),
        Index(
            "clients_merged_idx",
            "account_id",
            "merged_into_id",
            postgresql_where="merged_into_id IS NOT NULL",
        ),
    )

    name: Mapped[str]
    notes: Mapped[str] = mapped_column(server_default="")
    merged_into_id: Mapped[uuid.UUID | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()


class ClientName(Tenant, Base):
    """A name by which a client is found: its own, or an alias. `key` is the name as `naming` compares it."""

    __tablename__ = "client_names"
    __table_args__ = (
        tenant_key("client_id", "clients"),
        UniqueConstraint("account_id", "key"),
        Index(None, "account_id", "client_id"),
    )

    client_id: Mapped[uuid.UUID]
    name: Mapped[str]
    key: Mapped[str]


class ClientCompany(Tenant, Base):
    """A company of a ticket system, and the client that it is here. `name` is what it is called there."""

    __tablename__ = "client_companies"
    __table_args__ = (
        tenant_key("client_id", "clients"),
        tenant_key("connection_id", "psa_connections"),
        UniqueConstraint("account_id", "connection_id", "external_id"),
        Index(None, "account_id", "client_id"),
    )

    client_id: Mapped[uuid.UUID]
    connection_id: Mapped[uuid.UUID]
    external_id: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")


class ClientMerge(Tenant, Base):
    """One merge of a client into another, and exactly which names and companies moved with it.

    The feature whose records moved keeps a list of its own, such as `ClientMergeSession`.
    """

    __tablename__ = "client_merges"
    __table_args__ = (
        tenant_key("client_id", "clients"),
        tenant_key("into_id", "clients"),
        Index(None, "account_id", "into_id"),
        # A client is merged into one other at a time.
        Index(
            "client_merges_standing_idx",
            "account_id",
            "client_id",
            unique=True,
            postgresql_where="undone_at IS NULL",
        ),
    )

    client_id: Mapped[uuid.UUID]
    into_id: Mapped[uuid.UUID]
    name_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()))
    company_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid()))
    session_count: Mapped[int] = mapped_column(server_default="0")
    merged_by: Mapped[uuid.UUID | None]
    merged_at: Mapped[datetime]
    undone_by: Mapped[uuid.UUID | None]
    undone_at: Mapped[datetime | None]
