"""JSON routes that say whether a problem was seen before."""

import uuid
from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body, Line, Problem
from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions.queries import require_session
from flowpilot.sessions.recalled.queries import problem_query, query_of, recall

router = APIRouter(prefix="/api/v1/ai-sessions", tags=["sessions"])


class ProblemToRecall(Body):
    """A problem that no session has yet. It is sent in a body, because addresses are written to logs."""

    text: Problem
    domain: Line | None = None
    client_id: uuid.UUID | None = Field(default=None, description="Its client's sessions come first.")


class RecalledOut(BaseModel):
    """A resolved session that had such a problem. `likeness` goes from 0 to 1."""

    model_config = ConfigDict(from_attributes=True)

    session_id: uuid.UUID
    problem_summary: str
    client_name: str | None
    is_same_client: bool
    solved_by: str = Field(description="What solved it, as it reads now.")
    resolved_at: datetime
    seconds_to_resolve: float
    likeness: float
    shared: list[str] = Field(description="Words of the problem asked about that it has, too: why it is shown.")


class RecalledList(BaseModel):
    """Resolved sessions, those of the same client first, then the likest."""

    items: list[RecalledOut]


@router.get("/{session_id}/similar")
async def read_similar(session_id: uuid.UUID, actor: CanView, db: ReadSession) -> RecalledList:
    """The likest resolved sessions of the account that say what solved them; three at most."""
    session = await require_session(db, actor.account_id, session_id)
    found = await recall(db, actor.account_id, query_of(session))
    return RecalledList(items=[RecalledOut.model_validate(one) for one in found])


@router.post("/similar")
async def find_similar(body: ProblemToRecall, actor: CanView, db: ReadSession) -> RecalledList:
    """The same for a text, before a session begins."""
    found = await recall(db, actor.account_id, problem_query(body.text, body.domain, body.client_id))
    return RecalledList(items=[RecalledOut.model_validate(one) for one in found])
