"""The draft of a flow that was never published, worded or drafted by the AI."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter, Request, Response

from flowpilot.clock import Now
from flowpilot.flows import api
from flowpilot.flows.schemas import FlowDetailOut
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.knowledge.wording.api import HasAi, ask_about_flow
from flowpilot.knowledge.wording.models import Task
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.render import Page, go_to, render
from flowpilot.web.wording import AiView, ai_view

router = APIRouter(prefix="/flows/{flow_id}/ai", include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ai(Page):
    """What the AI can do with the draft, and what it has done."""

    template: ClassVar[str] = "flows/ai.html"
    flow: FlowDetailOut
    ai: AiView

    @property
    def may_ask(self) -> bool:
        """Whether there is a draft that nobody follows yet."""
        return self.flow.draft is not None and self.flow.published is None


@router.get("")
async def show_ai(
    request: Request, flow_id: uuid.UUID, actor: CanManageFlows, db: ReadSession, frame: CurrentFrame
) -> Response:
    """What became of the newest request."""
    flow = await api.read_flow(flow_id, actor, db)
    page = Ai(title="AI", flow=flow, ai=await ai_view(request, actor, db, frame.now, flow_id=flow_id))
    return render(request, page, frame)


@router.post("/{task}")
async def ask_ai(
    flow_id: uuid.UUID, task: Task, actor: CanManageFlows, db: WriteSession, now: Now, has_ai: HasAi
) -> Response:
    """A job waits for the answer, which the page shows."""
    await ask_about_flow(flow_id, task, actor, db, now, has_ai)
    return go_to(f"/flows/{flow_id}/ai", "The AI is asked. Its answer appears here.")
