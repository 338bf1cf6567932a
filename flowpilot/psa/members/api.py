"""JSON routes of the ticket system's members, and of their own tokens."""

from fastapi import APIRouter, Request

from flowpilot.clock import Now
from flowpilot.http.fields import PathText
from flowpilot.http.paging import MOST_ITEMS, BadCursorError, Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManagePsa, CanManagePsaDetached, CanWork, CanWorkDetached
from flowpilot.identity.auth import ReadSession
from flowpilot.identity.queries import names_of
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.members import queries, schemas, service, tokens

router = APIRouter(prefix="/api/v1/psa", tags=["ticket system"])


@router.get("/members")
async def list_members(
    actor: CanManagePsa, db: ReadSession, limit: Limit = MOST_ITEMS, cursor: Cursor = None
) -> ListPage[schemas.PsaMemberOut]:
    """Who works in the ticket system, as it was last read, and who they are here. They are read once a day."""
    connection = await require_active(db, actor.account_id)
    rows = await queries.members_of(db, actor.account_id, connection.id)
    names = await names_of(db, actor.account_id, {row.user_id for row in rows if row.user_id is not None})
    items = schemas.members_out(rows, await queries.users_by_email(db, actor.account_id), names)
    start = 0 if cursor is None else next((at + 1 for at, item in enumerate(items) if item.id == cursor), None)
    if start is None:
        raise BadCursorError("This is not a cursor of this list. Start again without one.")
    return list_page(items[start : start + limit + 1], limit)


@router.put("/members/{external_id}", status_code=204)
async def map_member(
    request: Request, external_id: PathText, body: schemas.MappingIn, actor: CanManagePsaDetached, now: Now
) -> None:
    """Say who a member is here. Time of that person is then booked on them."""
    state = request.app.state
    async with state.database.read(actor.account_id) as db:
        connection = await require_active(db, actor.account_id)
    if body.token is not None:
        await tokens.check_token(state.database, state.settings, connection, external_id, body.token)
    async with state.database.write(actor.account_id) as db:
        await service.map_member(db, actor, connection, external_id, body.user_id, now)
        if "token" in body.model_fields_set:
            await tokens.set_token(db, actor, connection, external_id, body.token, state.settings, now)


@router.get("/own-token")
async def read_own_token(actor: CanWork, db: ReadSession) -> schemas.OwnTokenOut:
    """Whether the caller has a token of their own in the ticket system, with which what is theirs is written."""
    connection = await require_active(db, actor.account_id)
    return schemas.own_token_out(connection, await queries.member_for(db, connection, actor.user_id))


@router.put("/own-token", status_code=204)
async def set_own_token(request: Request, body: schemas.OwnTokenIn, actor: CanWorkDetached, now: Now) -> None:
    """Enter the caller's own token, or remove it. It is checked: it has to be theirs in the ticket system."""
    state = request.app.state
    async with state.database.read(actor.account_id) as db:
        connection = await require_active(db, actor.account_id)
        member = await queries.member_for(db, connection, actor.user_id)
    if member is None:
        raise tokens.NotMatchedError(connection.name)
    if body.token is not None:
        await tokens.check_token(state.database, state.settings, connection, member.external_id, body.token)
    async with state.database.write(actor.account_id) as db:
        await tokens.set_token(db, actor, connection, member.external_id, body.token, state.settings, now)
