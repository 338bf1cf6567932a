"""JSON routes of the connection to the ticket system."""

import uuid

from fastapi import APIRouter, Request

from flowpilot.clock import Now
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManagePsa, CanManagePsaDetached
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.idempotency import CreateOnce
from flowpilot.psa.connections import checking, fields, queries, schemas, service
from flowpilot.psa.connections.models import ProviderKind

router = APIRouter(prefix="/api/v1/psa", tags=["ticket system"])


@router.get("/providers")
async def list_providers(_: CanManagePsa) -> list[schemas.ProviderOut]:
    """The ticket systems that FlowPilot speaks to, and what a connection to each of them needs."""
    return schemas.providers_out()


@router.get("/connections")
async def list_connections(
    actor: CanManagePsa, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[schemas.ConnectionOut]:
    """The account's connections, the newest first. At most that one is not removed."""
    rows = await queries.connections(db, actor.account_id, limit + 1, cursor)
    return list_page([schemas.connection_out(row) for row in rows], limit)


@router.post("/connections", status_code=201)
async def create_connection(
    request: Request,
    body: schemas.ConnectionIn,
    actor: CanManagePsa,
    db: WriteSession,
    now: Now,
    once: CreateOnce,
) -> schemas.ConnectionOut:
    """Connect the account to its ticket system. Check the connection then."""
    settings = request.app.state.settings

    async def make() -> schemas.ConnectionOut:
        new = service.NewConnection(
            body.provider,
            body.name,
            await fields.address_of(body.base_url, settings.allowed_private_networks),
            fields.credentials_of(body.provider, body.credentials),
            fields.settings_of(body.provider, body.settings),
        )
        return schemas.connection_out(await service.connect(db, actor, new, settings, now))

    return await once.create(schemas.ConnectionOut, body, make)


@router.patch("/connections/{connection_id}")
async def change_connection(
    request: Request,
    connection_id: uuid.UUID,
    body: schemas.ConnectionChangeIn,
    actor: CanManagePsa,
    db: WriteSession,
    now: Now,
) -> schemas.ConnectionOut:
    """Change a connection, or replace its credentials."""
    settings = request.app.state.settings
    kind = ProviderKind((await queries.read_connection(db, actor.account_id, connection_id)).provider)
    address = body.base_url
    change = service.Change(
        body.name,
        None if address is None else await fields.address_of(address, settings.allowed_private_networks),
        None if body.credentials is None else fields.credentials_of(kind, body.credentials),
        None if body.settings is None else fields.settings_of(kind, body.settings),
        body.same_system,
    )
    row = await service.change_connection(db, actor, connection_id, change, settings, now)
    return schemas.connection_out(row)


@router.post("/connections/{connection_id}/check")
async def check_connection(
    request: Request, connection_id: uuid.UUID, actor: CanManagePsaDetached, now: Now
) -> schemas.CheckOut:
    """Ask the ticket system whether all works, naming each missing right, and read its members again."""
    state = request.app.state
    findings = await checking.check_connection(
        state.database, state.settings, actor.account_id, connection_id, now
    )
    shown = [schemas.FindingOut.model_validate(finding) for finding in findings]
    return schemas.CheckOut(ok=checking.is_ok(findings), findings=shown)


@router.post("/connections/{connection_id}/pause")
async def pause_connection(
    connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now
) -> schemas.ConnectionOut:
    """Pause all postings, as for planned maintenance. What is posted meanwhile waits."""
    return schemas.connection_out(await service.pause(db, actor, connection_id, now))


@router.post("/connections/{connection_id}/resume")
async def resume_connection(
    connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now
) -> schemas.ConnectionOut:
    """Go on posting."""
    return schemas.connection_out(await service.resume(db, actor, connection_id, now))


@router.delete("/connections/{connection_id}", status_code=204)
async def remove_connection(connection_id: uuid.UUID, actor: CanManagePsa, db: WriteSession, now: Now) -> None:
    """Remove a connection and its credentials. What was posted stays on record."""
    await service.remove(db, actor, connection_id, now)
