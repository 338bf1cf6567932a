"""What pages show of the AI that words drafts: whether there is one, and what became of the newest request."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.knowledge.wording.api import AiTaskOut
from flowpilot.knowledge.wording.service import is_awaited, newest_task


@dataclass(frozen=True, slots=True)
class AiView:
    """Whether an AI is configured, what it was last asked about a draft, and whether that is awaited."""

    is_on: bool
    task: AiTaskOut | None
    waits: bool


async def ai_view(
    request: Request,
    actor: Actor,
    db: ReadDb,
    now: datetime,
    *,
    proposal_id: uuid.UUID | None = None,
    flow_id: uuid.UUID | None = None,
) -> AiView:
    """What is shown beside the draft of a proposal or of a flow."""
    task = await newest_task(db, actor.account_id, proposal_id=proposal_id, flow_id=flow_id)
    is_on = request.app.state.settings.ai_model is not None
    shown = None if task is None else AiTaskOut.model_validate(task)
    return AiView(is_on, shown, waits=task is not None and is_awaited(task, now))
