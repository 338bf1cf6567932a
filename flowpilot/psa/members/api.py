"""JSON routes of the ticket system's members."""

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.http.fields import PathText
from flowpilot.http.paging import MOST_ITEMS, Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManagePsa
from flowpilot.identity.auth import ReadSession, WriteSession
from flowpilot.identity.queries import names_of
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.members import queries, schemas, service

router = APIRouter(prefix="/api/v1/psa/members", tags=["ticket system"])


@router.get("")
async def list_members(
    actor: CanManagePsa, db: ReadSession, limit: Limit = MOST_ITEMS, cursor: Cursor = None
) -> ListPage[schemas.PsaMemberOut]:
    """Who works in the ticket system, as it was last read, and who they are here. A check reads them again."""
    connection = await require_active(db, actor.account_id)
    rows = await queries.members_of(db, actor.account_id, connection.id)
    names = await names_of(db, actor.account_id, {row.user_id for row in rows if row.user_id is not None})
    items = schemas.members_out(rows, await queries.users_by_email(db, actor.account_id), names)
    start = next((place + 1 for place, item in enumerate(items) if item.id == cursor), 0)
    return list_page(items[start : start + limit + 1], limit)


@router.put("/{external_id}", status_code=204)
async def map_member(
    external_id: PathText, body: schemas.MappingIn, actor: CanManagePsa, db: WriteSession, now: Now
) -> None:
    """Say who a member is here. Time of that person is then booked on them."""
    connection = await require_active(db, actor.account_id)
    await service.map_member(db, actor, connection, external_id, body.user_id, now)
