"""JSON routes of the categories of the library."""

import uuid

from fastapi import APIRouter

from flowpilot.clock import Now
from flowpilot.flows import queries
from flowpilot.flows.categories import service
from flowpilot.flows.categories.service import CategoryNotFoundError
from flowpilot.flows.plain import ShortText
from flowpilot.flows.schemas import CategoryOut
from flowpilot.http.fields import Body
from flowpilot.http.paging import Cursor, Limit, ListPage, list_page
from flowpilot.identity.access import CanManageFlows, CanView
from flowpilot.identity.auth import ReadSession, WriteSession

router = APIRouter(prefix="/api/v1/flows/categories", tags=["flows"])


class CategoryIn(Body):
    """What a category is called."""

    name: ShortText


@router.get("")
async def list_categories(
    actor: CanView, db: ReadSession, limit: Limit = 50, cursor: Cursor = None
) -> ListPage[CategoryOut]:
    """The categories of the flow library."""
    rows = await queries.categories(db, actor.account_id, limit + 1, cursor)
    return list_page([CategoryOut.model_validate(row) for row in rows], limit)


@router.get("/{category_id}")
async def read_category(category_id: uuid.UUID, actor: CanView, db: ReadSession) -> CategoryOut:
    """What a category is called now."""
    found = await queries.find_category(db, actor.account_id, category_id)
    if found is None:
        raise CategoryNotFoundError
    return CategoryOut.model_validate(found)


@router.patch("/{category_id}")
async def rename_category(
    category_id: uuid.UUID, body: CategoryIn, actor: CanManageFlows, db: WriteSession, now: Now
) -> CategoryOut:
    """Give a category another name. Its flows stay in it."""
    return CategoryOut.model_validate(await service.rename(db, actor, category_id, body.name, now))
