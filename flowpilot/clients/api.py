"""JSON routes of the clients that the help desk works for."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from flowpilot.clients import merging, queries, service
from flowpilot.clients.schemas import (
    AliasIn,
    ClientChangeIn,
    ClientIn,
    ClientOut,
    ClientRow,
    CompanyClientIn,
    CompanyIn,
    MappedCompanyOut,
    MergeIn,
    UndoneOut,
    client_out,
    mapped_company_out,
)
from flowpilot.clock import Now
from flowpilot.db.session import ReadDb
from flowpilot.http.fields import Text
from flowpilot.http.paging import MOST_ITEMS, Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageClients, CanView, CanWork
from flowpilot.identity.actor import Actor
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.identity.replica.session import ReportSession

router = APIRouter(prefix="/api/v1/clients", tags=["clients"])


@router.get("")
async def list_clients(
    actor: CanView,
    db: ReportSession,
    q: Annotated[Text | None, Query(description="Text in the name or in an alias.")] = None,
    name: Annotated[Text | None, Query(description="The name or an alias; case and spaces do not matter.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[ClientRow]:
    """Clients in alphabetical order, without those that were merged into others."""
    rows = await queries.clients(db, actor.account_id, queries.ClientFilter(q or None, name), limit + 1, cursor)
    return list_page([ClientRow.model_validate(row) for row in rows], limit)


@router.post("", status_code=201)
async def create_client(body: ClientIn, actor: CanWork, db: WriteSession, now: Now, once: CreateOnce) -> ClientOut:
    """Create a client. A session that names a new one creates it, too."""

    async def make() -> ClientOut:
        client = await service.create(db, actor, body.name, body.notes, now)
        return await _answer(db, actor, client.id)

    return await once.create(ClientOut, body, make)


@router.get("/companies")
async def list_companies(
    actor: CanView,
    db: ReadSession,
    connection_id: uuid.UUID | None = None,
    external_id: Annotated[
        list[Text] | None, Query(max_length=MOST_ITEMS, description="Ids there. May be given several times.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ListPage[MappedCompanyOut]:
    """Companies of ticket systems that are mapped to clients. `GET /psa/companies` lists all there are."""
    wanted = queries.CompanyFilter(connection_id, external_id)
    rows = await queries.companies(db, actor.account_id, wanted, limit + 1, cursor)
    return list_page([mapped_company_out(row) for row in rows], limit)


@router.put("/companies", status_code=204)
async def name_company(body: CompanyClientIn, actor: CanManageClients, db: WriteSession, now: Now) -> None:
    """Say by its name which client a company of the ticket system is; null for none."""
    company = body.connection_id, body.external_id
    await service.name_company(db, actor, company, body.name, body.client_name, now)


@router.get("/{client_id}")
async def read_client(client_id: uuid.UUID, actor: CanView, db: ReadSession) -> ClientOut:
    """One client: its aliases, its companies in the ticket system, and what was merged into it."""
    return await _answer(db, actor, client_id)


@router.patch("/{client_id}")
async def change_client(
    client_id: uuid.UUID, body: ClientChangeIn, actor: CanManageClients, db: WriteSession, now: Now
) -> ClientOut:
    """Rename a client, in all its sessions, or write its notes."""
    await service.change(db, actor, client_id, now, name=body.name, notes=body.notes)
    return await _answer(db, actor, client_id)


@router.post("/{client_id}/aliases", status_code=201)
async def add_alias(
    client_id: uuid.UUID, body: AliasIn, actor: CanManageClients, db: WriteSession, now: Now, once: CreateOnce
) -> ClientOut:
    """Let a client be found by another name, too."""

    async def make() -> ClientOut:
        await service.add_alias(db, actor, client_id, body.name, now)
        return await _answer(db, actor, client_id)

    return await once.create(ClientOut, body, make)


@router.delete("/{client_id}/aliases/{alias_id}")
async def remove_alias(
    client_id: uuid.UUID, alias_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now
) -> ClientOut:
    """Find a client no longer by that name. Its sessions stay."""
    await service.remove_alias(db, actor, client_id, alias_id, now)
    return await _answer(db, actor, client_id)


@router.put("/{client_id}/companies")
async def map_company(
    client_id: uuid.UUID, body: CompanyIn, actor: CanManageClients, db: WriteSession, now: Now
) -> ClientOut:
    """Say which client a company of the ticket system is."""
    company = body.connection_id, body.external_id
    await service.map_company(db, actor, client_id, company, body.name, now)
    return await _answer(db, actor, client_id)


@router.delete("/{client_id}/companies/{company_id}")
async def unmap_company(
    client_id: uuid.UUID, company_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now
) -> ClientOut:
    """Take a company of the ticket system away from a client."""
    await service.unmap_company(db, actor, client_id, company_id, now)
    return await _answer(db, actor, client_id)


@router.post("/{client_id}/merge")
async def merge_client(
    client_id: uuid.UUID, body: MergeIn, actor: CanManageClients, db: WriteSession, now: Now
) -> ClientOut:
    """Merge a client into another, which is the answer. `POST /merges/{id}/undo` gives everything back."""
    await merging.merge(db, actor, client_id, body.into, now)
    return await _answer(db, actor, body.into)


@router.post("/merges/{merge_id}/undo")
async def undo_merge(merge_id: uuid.UUID, actor: CanManageClients, db: WriteSession, now: Now) -> UndoneOut:
    """Undo a merge: exactly the sessions that it moved and that are still there go back."""
    made, count = await merging.undo(db, actor, merge_id, now)
    return UndoneOut(client=await _answer(db, actor, made.client_id), session_count=count)


async def _answer(db: ReadDb, actor: Actor, client_id: uuid.UUID) -> ClientOut:
    return client_out(await queries.read_client(db, actor.account_id, client_id))
