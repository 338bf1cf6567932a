"""Proposals for what the flows do not cover, for review."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, Text, and_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from flowpilot.db.base import Base, Tenant, created_at, one_of, tenant_key


class ProposalKind(StrEnum):
    """A flow that is missing, or a way on that is missing in a flow."""

    NEW_FLOW = "new_flow"
    FLOW_CHANGE = "flow_change"


class ProposalStatus(StrEnum):
    """Waiting for a reviewer, or what they decided; `modified` was published after it was edited."""

    PENDING = "pending"
    APPROVED = "approved"
    MODIFIED = "modified"
    REJECTED = "rejected"


class FlowProposal(Tenant, Base):
    """A suggested new flow, or a change to one, with or without a reviewer's verdict.

    `content` is a draft: the flow's text and, for each of its new nodes, the steps that it comes from. A change is
    one of the flow `flow_id`, at `node`, and was merged into the version `based_on_id`. `origin` says who worded
    it, as a flow's does. `given_title` stays its title whatever joins. `put_off_until`: a reviewer does not want
    to see it before then.
    """

    __tablename__ = "flow_proposals"
    __table_args__ = (
        tenant_key("source_session_id", "ai_sessions"),
        tenant_key("flow_id", "trees"),
        one_of("kind", ProposalKind),
        one_of("status", ProposalStatus),
        CheckConstraint("origin IN ('manual', 'ai_generated', 'ai_enhanced')", "origin"),
        Index("flow_proposals_status_idx", "account_id", "status", "reviewed_at"),
        Index("flow_proposals_flow_idx", "account_id", "flow_id", postgresql_where="flow_id IS NOT NULL"),
        Index(
            "flow_proposals_source_idx",
            "account_id",
            "source_session_id",
            postgresql_where="source_session_id IS NOT NULL",
        ),
    )

    kind: Mapped[str] = mapped_column(server_default=ProposalKind.NEW_FLOW)
    status: Mapped[str] = mapped_column(server_default=ProposalStatus.PENDING)
    title: Mapped[str] = mapped_column(server_default="")
    given_title: Mapped[str | None]
    domain: Mapped[str | None]
    flow_id: Mapped[uuid.UUID | None]
    node: Mapped[str | None]
    based_on_id: Mapped[uuid.UUID | None]
    origin: Mapped[str] = mapped_column(server_default="manual")
    content: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    source_session_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime] = created_at()
    put_off_until: Mapped[datetime | None]
    reviewed_by: Mapped[uuid.UUID | None]
    reviewed_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    published_version_id: Mapped[uuid.UUID | None]


class ProposalSession(Tenant, Base):
    """A session that a proposal comes from, with the words by which others are found alike.

    The analysis puts a session into one proposal, while it is resolved. One that a person chose (`is_chosen`) may
    be in several, and counts in whatever state it is.
    """

    __tablename__ = "flow_proposal_sessions"
    __table_args__ = (
        tenant_key("proposal_id", "flow_proposals"),
        tenant_key("session_id", "ai_sessions"),
        Index(
            "flow_proposal_sessions_found_idx",
            "account_id",
            "session_id",
            unique=True,
            postgresql_where="NOT is_chosen",
        ),
        Index("flow_proposal_sessions_once_idx", "account_id", "session_id", "proposal_id", unique=True),
        Index(None, "account_id", "proposal_id"),
    )

    proposal_id: Mapped[uuid.UUID]
    session_id: Mapped[uuid.UUID]
    problem_words: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    done_words: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    is_chosen: Mapped[bool] = mapped_column(server_default="false")
    added_at: Mapped[datetime] = created_at()


# The condition of a join of proposals with their sessions.
IS_OF_PROPOSAL = and_(
    ProposalSession.account_id == FlowProposal.account_id, ProposalSession.proposal_id == FlowProposal.id
)
