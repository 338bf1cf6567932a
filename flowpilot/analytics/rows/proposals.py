"""Proposals as rows."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.rows.base import Conditions, RowFilter, RowKind, session_of
from flowpilot.analytics.sql import REVIEWED_IN_WINDOW


class ProposalRowFilter(RowFilter):
    """Proposals waiting for review now, whatever their age, and those reviewed in the window."""

    outcome: Literal["pending", "approved", "rejected"] | None = Field(
        default=None, description="`approved` includes modified ones."
    )

    always: ClassVar[str] = f"account_id = :account_id AND (status = 'pending' OR {REVIEWED_IN_WINDOW})"
    sql: ClassVar[Conditions] = {
        "outcome": {
            "pending": "status = 'pending'",
            "approved": "status IN ('approved', 'modified')",
            "rejected": "status = 'rejected'",
        },
    }


class ProposalItem(BaseModel):
    """A proposal for the flows, with the problem of the session that it comes from."""

    id: UUID
    kind: str
    status: str
    source_session_id: UUID | None
    problem_summary: str | None
    problem_domain: str | None
    created_at: datetime
    reviewed_at: datetime | None
    reviewed_by: str | None


PROPOSALS = RowKind(
    name="proposals",
    description="Proposals that are waiting now or were reviewed in the window, newest first.",
    filter=ProposalRowFilter,
    item=ProposalItem,
    table="flow_proposals",
    shown=f"""
    SELECT p.id, p.kind, p.status, p.source_session_id, s.problem_summary, s.problem_domain, p.created_at,
           p.reviewed_at, p.reviewed_by
    FROM page p
    {session_of("source_session_id")}
    """,
    people=("reviewed_by",),
)
