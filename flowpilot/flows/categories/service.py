"""Renaming a category of the library."""

import uuid
from datetime import datetime

from sqlalchemy import func, select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.flows.author import Author
from flowpilot.flows.locking import lock_library
from flowpilot.flows.models import FlowCategory
from flowpilot.flows.queries import find_category
from flowpilot.http.fields import wrong
from flowpilot.identity.audit.log import record


class CategoryNotFoundError(NotFoundError):
    """No such category in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such category.")


async def rename(db: Db, author: Author, category_id: uuid.UUID, name: str, now: datetime) -> FlowCategory:
    """Give a category another name. Its flows stay in it.

    The audit log has the new name alone: the old one may be what was to be removed.

    Raises:
        CategoryNotFoundError: there is none.
        RequestValidationError: another category has the name.
    """
    await lock_library(db, author.account_id)
    category = await find_category(db, author.account_id, category_id)
    if category is None:
        raise CategoryNotFoundError
    if category.name == name:
        return category
    same = func.lower(FlowCategory.name) == func.lower(name), FlowCategory.id != category_id
    if await db.scalar(select(FlowCategory.id).where(FlowCategory.account_id == author.account_id, *same)):
        raise wrong("name", "Another category has this name. Choose that one in each flow instead.")
    category.name = name
    await db.flush()
    on = ("flow_category", category_id)
    await record(db, author.account_id, author.user_id, "flow_category.renamed", on, at=now, after={"name": name})
    return category
