"""What team admins do with clients: names, notes, companies, merges."""

import uuid
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Form, Request, Response

from flowpilot.clients import api
from flowpilot.clients.schemas import AliasIn, ClientChangeIn, ClientOut, ClientRow, MergeIn
from flowpilot.clock import Now
from flowpilot.http.fields import EmptyIsNone, Line, Remark, Text
from flowpilot.identity.access import CanManageClients
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce, OnceForm
from flowpilot.web.clients.pages import client_shown
from flowpilot.web.formatting import counted
from flowpilot.web.frame import CurrentFrame
from flowpilot.web.outdated import check_shown
from flowpilot.web.refused.twice import PRESSED_ONCE
from flowpilot.web.render import Page, go_to, render

router = APIRouter(prefix="/clients", include_in_schema=False)


class ClientForm(OnceForm, ClientChangeIn):
    """The name and the notes; `shown` is a digest of what they were."""

    name: Line
    notes: Remark = ""
    shown: str = ""


class AliasForm(OnceForm, AliasIn):
    """Another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeClient(Page):
    """To choose what a client is merged into; then `into` is chosen, and the page says what will move."""

    template: ClassVar[str] = "clients/merge.html"
    client: ClientOut
    found: list[ClientRow]
    into: ClientOut | None
    words: str


@router.post("/{client_id}/details", dependencies=[PRESSED_ONCE])
async def change(
    client_id: uuid.UUID,
    body: Annotated[ClientForm, Form()],
    actor: CanManageClients,
    db: WriteSession,
    now: Now,
) -> Response:
    check_shown(body.shown, client_shown(await api.read_client(client_id, actor, db)))
    await api.change_client(client_id, ClientChangeIn(name=body.name, notes=body.notes), actor, db, now)
    return _back(client_id, "Saved.")


@router.post("/{client_id}/aliases")
async def add_alias(
    client_id: uuid.UUID,
    body: Annotated[AliasForm, Form()],
    actor: CanManageClients,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> Response:
    await api.add_alias(client_id, body, actor, db, now, once)
    return _back(client_id, "Sessions that use this name are for this client now.")


@router.post("/{client_id}/aliases/{alias_id}/remove")
async def remove_alias(
    client_id: uuid.UUID, alias_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now
) -> Response:
    await api.remove_alias(client_id, alias_id, actor, db, now)
    return _back(client_id, "The alias is removed. Its sessions stay.")


@router.post("/{client_id}/companies/{company_id}/remove")
async def unmap_company(
    client_id: uuid.UUID, company_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now
) -> Response:
    await api.unmap_company(client_id, company_id, actor, db, now)
    return _back(client_id, "The company is no longer mapped to this client.")


@router.get("/{client_id}/merge")
async def show_merge(
    request: Request,
    client_id: uuid.UUID,
    actor: CanManageClients,
    db: ReadSession,
    frame: CurrentFrame,
    q: Text | None = None,
    into: Annotated[uuid.UUID | None, EmptyIsNone] = None,
) -> Response:
    """Clients that are called alike are offered first."""
    client = await api.read_client(client_id, actor, db)
    if client.merged_into is not None:
        return _back(client_id)
    words = client.name.split()[0] if q is None else q
    found = (await api.list_clients(actor, db, q=words)).items
    page = MergeClient(
        title="Merge",
        client=client,
        found=[one for one in found if one.id != client_id],
        into=await api.read_client(into, actor, db) if into not in {None, client_id} else None,
        words=words,
    )
    return render(request, page, frame)


@router.post("/{client_id}/merge")
async def merge(
    client_id: uuid.UUID, body: Annotated[MergeIn, Form()], actor: CanManageClients, db: WriteSession, now: Now
) -> Response:
    into = await api.merge_client(client_id, body, actor, db, now)
    moved = counted(into.merges[0].session_count, "sessions")
    return go_to(f"/clients/{into.id}", f"Merged: {moved} moved here. You can undo it below.")


@router.post("/merges/{merge_id}/undo")
async def undo_merge(merge_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now) -> Response:
    undone = await api.undo_merge(merge_id, actor, db, now)
    return _back(undone.client.id, f"The merge is undone: {counted(undone.session_count, 'sessions')} came back.")


def _back(client_id: uuid.UUID, notice: str | None = None) -> Response:
    return go_to(f"/clients/{client_id}", notice)
