"""JSON routes by which the AI words drafts, if one is configured."""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from flowpilot.clock import Now
from flowpilot.copilot.ask import problem
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.flows.queries import flow_facts
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.knowledge.proposals.queries import read_proposal
from flowpilot.knowledge.wording.answers import Change
from flowpilot.knowledge.wording.models import AiTask, Task, TaskStatus
from flowpilot.knowledge.wording.service import ask_about_draft, ask_about_proposal, newest_task

router = APIRouter(prefix="/api/v1", tags=["copilot"])


class NoAiError(ConflictError):
    """No AI is configured, or it cannot be used."""


class NeverAskedError(NotFoundError):
    """The AI was never asked about this draft."""

    def __init__(self) -> None:
        super().__init__("The AI was never asked about this draft.")


class AiTaskOut(BaseModel):
    """What the AI was asked to do with a draft, and what became of it."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    task: Task
    status: TaskStatus
    problem: str = Field(description="Why nothing was taken over; empty otherwise.")
    changes: list[Change] = Field(description="The texts before and after, where they differ.")
    asked_by: uuid.UUID
    created_at: datetime
    ended_at: datetime | None


def check_ai(request: Request) -> None:
    """Refuse if there is no AI to ask.

    Raises:
        NoAiError: with what the operator can do.
    """
    settings = request.app.state.settings
    if settings.ai_model is None:
        raise NoAiError("No AI is configured. Ask the operator of this installation to set FLOWPILOT_AI_MODEL.")
    if (fault := problem(settings)) is not None:
        raise NoAiError(f"The AI cannot be used. {fault}")


HasAi = Annotated[None, Depends(check_ai)]


@router.post("/proposals/{proposal_id}/word", status_code=202)
async def word_proposal(
    proposal_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now, _: HasAi
) -> AiTaskOut:
    """Have the AI word the draft of a pending proposal. Its steps stay as they are."""
    return AiTaskOut.model_validate(await ask_about_proposal(db, actor, proposal_id, now))


@router.get("/proposals/{proposal_id}/word")
async def read_proposal_wording(proposal_id: uuid.UUID, actor: CanManageFlows, db: ReadSession) -> AiTaskOut:
    """What became of the newest request about a proposal."""
    await read_proposal(db, actor.account_id, proposal_id)
    return _found(await newest_task(db, actor.account_id, proposal_id=proposal_id))


@router.post("/flows/{flow_id}/draft/{task}", status_code=202)
async def ask_about_flow(
    flow_id: uuid.UUID, task: Task, actor: CanManageFlows, db: WriteSession, now: Now, _: HasAi
) -> AiTaskOut:
    """Have the AI `word` the draft of a flow that was never published, or `draft` it from its article."""
    return AiTaskOut.model_validate(await ask_about_draft(db, actor, flow_id, task, now))


@router.get("/flows/{flow_id}/draft/ai")
async def read_flow_wording(flow_id: uuid.UUID, actor: CanManageFlows, db: ReadSession) -> AiTaskOut:
    """What became of the newest request about the draft of a flow."""
    await flow_facts(db, actor.account_id, flow_id)
    return _found(await newest_task(db, actor.account_id, flow_id=flow_id))


def _found(task: AiTask | None) -> AiTaskOut:
    if task is None:
        raise NeverAskedError
    return AiTaskOut.model_validate(task)
