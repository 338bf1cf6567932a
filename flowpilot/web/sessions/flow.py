"""The choice of another flow for a session."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.flows import api as flows
from flowpilot.flows.matching.confidence import SURE
from flowpilot.flows.queries import FlowState
from flowpilot.flows.schemas import CandidateOut, FlowOut, MatchIn
from flowpilot.http.fields import Text
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import ReadSession
from flowpilot.sessions import api
from flowpilot.sessions.problem.titles import telling
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.transitions import Action
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/sessions", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseFlow(Page):
    """Flows to follow: what fits the problem, then what was searched for."""

    template: ClassVar[str] = "sessions/flow.html"
    session: SessionOut
    candidates: list[CandidateOut]
    flows: list[FlowOut]
    words: str

    @property
    def sure(self) -> int:
        """From which confidence on, in percent, a flow begins by itself in the browser."""
        return round(100 * SURE)


@router.get("/{session_id}/flow")
async def show_flows(
    request: Request, session_id: uuid.UUID, actor: CanWork, db: ReadSession, frame: CurrentFrame, q: Text = ""
) -> Response:
    """Flows to follow instead, while the session allows it."""
    session = await api.read_session(session_id, actor, db)
    if not may_change_flow(session):
        return go_to(f"/sessions/{session_id}")
    problem = telling(session.problem_summary, session.problem_body)
    asked = MatchIn(text=problem, domain=session.problem_domain, limit=5)
    found = await flows.list_flows(actor, db, limit=50, q=q or None, state=FlowState.PUBLISHED)
    page = ChooseFlow(
        title="Choose a flow",
        session=session,
        candidates=(await flows.match_problem(asked, actor, db, frame.now)).candidates,
        flows=found.items,
        words=q,
    )
    return render(request, page, frame)


def may_change_flow(session: SessionOut) -> bool:
    """Whether another flow, or none, can be followed."""
    return Action.STEP in session.allowed and (session.current is None or session.current.may_leave)
