"""Flows (decision trees), their categories and their versions."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, tenant_key

# Trees are large, and many are read to find the few that lead into a flow.
_LEADS_INTO = 'jsonb_path_query_array(structure, \'$."nodes".*."flow"\'::jsonpath)'

# The type of a flow that is done step by step, often by several people.
PROCEDURAL = "procedural"


class FlowCategory(Tenant, Base):
    """A category of the flow library. Its name is matched to a session's domain, ignoring case."""

    __tablename__ = "tree_categories"

    name: Mapped[str]


class Flow(Tenant, Base):
    """A flow, which guides engineers. Its trees are in its versions.

    `tree_type`: that of its published version, or of its draft as long as it has none.
    Problem texts are matched to `search_text` and `search`, which are written when a version is published.
    `owner_id` answers for it. It was found right at `verified_at`, until the day `verified_until`, or for always.
    From `doubted_since` on it has lost trust, for the reasons in `doubts` (`trust/doubts.py`).
    """

    __tablename__ = "trees"
    __table_args__ = (
        tenant_key("category_id", "tree_categories"),
        CheckConstraint("origin IN ('manual', 'ai_generated', 'ai_enhanced')", "origin"),
        Index("trees_owner_idx", "account_id", "owner_id", postgresql_where="owner_id IS NOT NULL"),
    )

    name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    keywords: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    tree_type: Mapped[str] = mapped_column(server_default="troubleshooting")
    origin: Mapped[str] = mapped_column(server_default="manual")
    category_id: Mapped[uuid.UUID | None]
    is_active: Mapped[bool] = mapped_column(server_default="true")
    published_version_id: Mapped[uuid.UUID | None]
    search_text: Mapped[str] = mapped_column(server_default="")
    search: Mapped[str] = mapped_column(TSVECTOR(), server_default="")
    owner_id: Mapped[uuid.UUID | None]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[uuid.UUID | None]
    verified_until: Mapped[date | None]
    doubted_since: Mapped[datetime | None]
    doubts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB(), server_default="[]")
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    deleted_at: Mapped[datetime | None]


class FlowVersion(Tenant, Base):
    """One version of a flow: a draft until it is published, and never changed after that.

    `tree_type`: how its sessions work, whatever type later versions have.
    `proposal_id`: the proposal that it comes from. It is no foreign key: proposals refer to sessions, and sessions
    to versions.
    `leads_into`: the flows of its sub-flows, which PostgreSQL takes from the tree.
    `source`: the article that a draft was made from, as text. Publishing removes it.
    """

    __tablename__ = "tree_versions"
    __table_args__ = (
        tenant_key("tree_id", "trees"),
        UniqueConstraint("account_id", "tree_id", "number"),
    )

    tree_id: Mapped[uuid.UUID]
    number: Mapped[int]
    structure: Mapped[dict[str, Any]]
    tree_type: Mapped[str] = mapped_column(server_default="troubleshooting")
    leads_into: Mapped[list[str]] = mapped_column(JSONB(), Computed(_LEADS_INTO, persisted=True))
    proposal_id: Mapped[uuid.UUID | None]
    source: Mapped[str | None]
    created_by: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    published_at: Mapped[datetime | None]


class FlowMeaning(Tenant, Base):
    """What a published version means, as vectors: of its name, each keyword, and its description if it has one.

    `model`: the name and version of what made them; others cannot be compared with them.
    """

    __tablename__ = "flow_meanings"
    __table_args__ = (
        tenant_key("version_id", "tree_versions"),
        UniqueConstraint("account_id", "version_id"),
    )

    version_id: Mapped[uuid.UUID]
    model: Mapped[str]
    vectors: Mapped[bytes] = mapped_column(LargeBinary)
