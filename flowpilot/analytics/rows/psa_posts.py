"""Psa posts as rows."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from flowpilot.analytics.rows.base import Conditions, RowFilter, RowKind, is_of_client, session_of
from flowpilot.analytics.sql import POSTED_IN_WINDOW


class PsaPostRowFilter(RowFilter):
    """Posts of sessions to the PSA in the window."""

    client_id: UUID | None = Field(default=None, description="Of sessions for this client.")
    status: Literal["success", "failed", "pending"] | None = None
    retried: bool | None = Field(default=None, description="It took more than one attempt.")

    always: ClassVar[str] = f"{POSTED_IN_WINDOW} AND ai_session_id IS NOT NULL"
    sql: ClassVar[Conditions] = {
        "client_id": is_of_client("ai_session_id"),
        "status": "status = :status",
        "retried": "retry_count > 0",
    }


class PsaPostItem(BaseModel):
    """A post of a session to its ticket."""

    id: UUID
    session_id: UUID
    problem_summary: str
    problem_domain: str | None
    ticket_id: str | None
    status: str
    retry_count: int
    external_id: str | None
    posted_at: datetime
    client_id: UUID | None
    client: str | None


PSA_POSTS = RowKind(
    name="psa-posts",
    description="Posts of sessions to the PSA in the window, newest first.",
    filter=PsaPostRowFilter,
    item=PsaPostItem,
    table="psa_post_logs",
    shown=f"""
    SELECT p.id, p.ai_session_id AS session_id, s.problem_summary, s.problem_domain, p.ticket_id, p.status,
           p.retry_count, p.external_id, p.posted_at, s.client_id, s.client_name AS client
    FROM page p
    {session_of("ai_session_id")}
    """,
    moment="posted_at",
)
