"""A reviewer's decisions, as forms."""

import uuid
from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel

from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.flows.plain import ShortText
from flowpilot.flows.text import FlowText
from flowpilot.http.fields import EmptyIsNone
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.knowledge.content import content_of
from flowpilot.knowledge.proposals import api
from flowpilot.knowledge.proposals.queries import read_proposal
from flowpilot.knowledge.proposals.schemas import ApproveIn, EditIn, PutOffIn, RejectIn
from flowpilot.knowledge.wording.api import HasAi, word_proposal
from flowpilot.web.render import go_to

router = APIRouter(prefix="/proposals/{proposal_id}", include_in_schema=False)


class BasedOnForm(BaseModel):
    """The version into which the change was merged when the page showed it; empty for a new flow."""

    based_on: Annotated[uuid.UUID | None, EmptyIsNone] = None


class NamedForm(BasedOnForm):
    """Beside it the name of a new flow, as the reviewer wants it."""

    name: Annotated[ShortText | None, EmptyIsNone] = None


class PutOffForm(BaseModel):
    """The day on which it is due again; empty puts it back into the queue."""

    until: Annotated[date | None, EmptyIsNone] = None


@router.post("/approve")
async def approve(
    proposal_id: uuid.UUID,
    body: Annotated[NamedForm, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    """Publish the draft as it is, except for its name."""
    renamed = await _renamed(db, actor, proposal_id, body.name)
    asked = ApproveIn(based_on=body.based_on, flow=renamed)
    done = await api.approve_proposal(proposal_id, asked, actor, db, now)
    return go_to(f"/proposals/{proposal_id}", f"Published: {done.flow_name}. New sessions follow it.")


@router.post("/edit")
async def edit(
    proposal_id: uuid.UUID,
    body: Annotated[NamedForm, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    """Open the draft, under the name that was typed, on the canvas, at its first problem."""
    renamed = await _renamed(db, actor, proposal_id, body.name)
    await api.edit_proposal(proposal_id, EditIn(based_on=body.based_on, flow=renamed), actor, db, now)
    found = await api.read_proposal(proposal_id, actor, db)
    wrong_node = next((f"?node={one.node}" for one in found.problems if one.node is not None), "")
    return go_to(
        f"/flows/{found.draft_flow_id}/canvas{wrong_node}",
        "This is the proposal's draft. Publishing it approves the proposal.",
    )


@router.post("/word")
async def word(
    proposal_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now, has_ai: HasAi
) -> Response:
    """Have the AI word the draft."""
    await word_proposal(proposal_id, actor, db, now, has_ai)
    return go_to(f"/proposals/{proposal_id}", "The AI is asked. Its answer appears here.")


@router.post("/reject")
async def reject(
    proposal_id: uuid.UUID,
    body: Annotated[RejectIn, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    await api.reject_proposal(proposal_id, body, actor, db, now)
    return go_to("/proposals", "Rejected. Sessions like these do not propose it again.")


@router.post("/put-off")
async def put_off(
    proposal_id: uuid.UUID, body: Annotated[PutOffForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Until the beginning of a day in the account's time zone."""
    zone = ZoneInfo(actor.timezone)
    until = None if body.until is None else datetime.combine(body.until, time(), zone)
    await api.put_off_proposal(proposal_id, PutOffIn(until=until), actor, db, now)
    if until is None:
        return go_to(f"/proposals/{proposal_id}", "It is back in the queue.")
    return go_to("/proposals", f"Put off until {body.until:%d %B %Y}. It stays pending.")


async def _renamed(db: ReadDb, actor: Actor, proposal_id: uuid.UUID, name: str | None) -> FlowText | None:
    """The draft under another name; None if it keeps its own."""
    content = content_of((await read_proposal(db, actor.account_id, proposal_id)).content)
    if name is None or content is None or name == content.flow.name:
        return None
    return content.flow.model_copy(update={"name": name})
