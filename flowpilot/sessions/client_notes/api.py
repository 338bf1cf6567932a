"""JSON routes of what is different at the steps of flows for single clients."""

import uuid
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from flowpilot.clients.queries import read_client
from flowpilot.clock import Now
from flowpilot.flows.queries import flow_facts
from flowpilot.http.fields import Body, PathText, Text, Words
from flowpilot.identity.access import CanManageFlows, CanView
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.sessions.client_notes import queries, service
from flowpilot.sessions.client_notes.models import NoteMode

router = APIRouter(prefix="/api/v1", tags=["flows"])

NoteText = Annotated[Words, StringConstraints(max_length=2000)]


class ClientNoteIn(Body):
    """What is different for a client at a step."""

    text: NoteText
    mode: NoteMode = Field(
        default=NoteMode.BESIDE, description="Whether it is shown beside the step's text or instead of it."
    )


class StepNoteOut(BaseModel):
    """A note for a client at a node. `node_text` is null if the published flow does not have the node."""

    model_config = ConfigDict(from_attributes=True)

    flow_id: uuid.UUID
    flow_name: str
    node: str
    node_text: str | None
    client_id: uuid.UUID
    client_name: str
    mode: NoteMode
    text: str
    written_at: datetime


class StepNotesOut(BaseModel):
    """Notes for clients, at most 500."""

    items: list[StepNoteOut]


@router.get("/flows/{flow_id}/client-notes")
async def list_flow_notes(
    flow_id: uuid.UUID, actor: CanView, db: ReadSession, node: Annotated[Text | None, Query()] = None
) -> StepNotesOut:
    """What is different for single clients at the flow's nodes, or at one of them."""
    await flow_facts(db, actor.account_id, flow_id)
    rows = await queries.notes_of_flow(db, actor.account_id, flow_id, node)
    return StepNotesOut(items=[StepNoteOut.model_validate(row) for row in rows])


@router.get("/clients/{client_id}/flow-notes")
async def list_client_notes(client_id: uuid.UUID, actor: CanView, db: ReadSession) -> StepNotesOut:
    """What is different for a client, in all flows."""
    await read_client(db, actor.account_id, client_id)
    rows = await queries.notes_of_client(db, actor.account_id, client_id)
    return StepNotesOut(items=[StepNoteOut.model_validate(row) for row in rows])


@router.put("/flows/{flow_id}/nodes/{node}/client-notes/{client_id}", status_code=204)
async def write_note(
    flow_id: uuid.UUID,
    node: PathText,
    client_id: uuid.UUID,
    body: ClientNoteIn,
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> None:
    """Write what is different for a client at a node. Sessions of that client show it from now on."""
    await service.write_client_note(db, actor, (flow_id, node), client_id, body.mode, body.text, now)


@router.delete("/flows/{flow_id}/nodes/{node}/client-notes/{client_id}", status_code=204)
async def remove_note(
    flow_id: uuid.UUID, node: PathText, client_id: uuid.UUID, actor: CanManageFlows, db: WriteSession, now: Now
) -> None:
    """Remove a client's note at a node."""
    await service.remove_client_note(db, actor, (flow_id, node), client_id, now)
