"""Whether a session's problem was seen before: a part of its page, and of its handoff's, fetched afterwards."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.identity.access import CanView
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions.recalled import api
from flowpilot.sessions.recalled.api import RecalledOut
from flowpilot.web.render import Part, render

router = APIRouter(prefix="/sessions/{session_id}", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBefore(Part):
    """Resolved sessions that had such a problem."""

    template: ClassVar[str] = "sessions/recalled.html"
    items: Sequence[RecalledOut]


@router.get("/similar")
async def show_similar(request: Request, session_id: uuid.UUID, actor: CanView, db: ReadSession) -> Response:
    found = await api.read_similar(session_id, actor, db)
    return render(request, SeenBefore.of(request, title="Seen before", items=found.items))
