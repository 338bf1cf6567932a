"""What is different at a step for one client, as it is written on the flow's page and on the client's."""

import uuid
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, Field

from flowpilot.clients import api as clients
from flowpilot.clock import Now
from flowpilot.db.session import Db
from flowpilot.http.fields import EmptyIsNone, Line, Remark, wrong
from flowpilot.identity.access import CanManageFlows
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import WriteSession
from flowpilot.sessions.client_notes import api
from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.web.render import go_to

router = APIRouter(include_in_schema=False)


class NoteForm(BaseModel):
    """A note at a node; an empty text removes it."""

    node: Line
    mode: NoteMode = NoteMode.BESIDE
    text: Annotated[Remark, Field(max_length=2000)] = ""


class FlowNoteForm(NoteForm):
    """The same, with the client by its name, or the one whose note it is."""

    client_name: Annotated[str, Field(max_length=200)] = ""
    client_id: Annotated[uuid.UUID | None, EmptyIsNone] = None


class ClientNoteForm(NoteForm):
    """The same, with the flow, and the client whose note it is: one that was merged, perhaps."""

    flow_id: uuid.UUID
    client_id: Annotated[uuid.UUID | None, EmptyIsNone] = None


@router.post("/flows/{flow_id}/edit/client-note")
async def write_at_flow(
    flow_id: uuid.UUID, body: Annotated[FlowNoteForm, Form()], actor: CanManageFlows, db: WriteSession, now: Now
) -> Response:
    """Write it on the page of the flow's node."""
    client_id = body.client_id
    if client_id is None:
        found = (await clients.list_clients(actor, db, name=body.client_name)).items
        if not found:
            raise wrong("client_name", f"No client is called “{body.client_name}”. Choose one from the list")
        client_id = found[0].id
    notice = await _write(actor, db, now, flow_id, client_id, body)
    return go_to(f"/flows/{flow_id}/edit?{urlencode({'node': body.node})}", notice)


@router.post("/clients/{client_id}/step-notes")
async def write_at_client(
    client_id: uuid.UUID,
    body: Annotated[ClientNoteForm, Form()],
    actor: CanManageFlows,
    db: WriteSession,
    now: Now,
) -> Response:
    """Write it on the page of the client."""
    notice = await _write(actor, db, now, body.flow_id, body.client_id or client_id, body)
    return go_to(f"/clients/{client_id}", notice)


async def _write(actor: Actor, db: Db, now: Now, flow_id: uuid.UUID, client_id: uuid.UUID, body: NoteForm) -> str:
    if not body.text:
        await api.remove_note(flow_id, body.node, client_id, actor, db, now)
        return "Removed. Sessions of this client show the step as everybody does."
    note = api.ClientNoteIn(text=body.text, mode=body.mode)
    await api.write_note(flow_id, body.node, client_id, note, actor, db, now)
    return "Saved. Sessions of this client show it from now on."
