"""Save a mapping under a name, read it, and remove it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.imports.mapping.loading import answering, draft_of
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.saved.models import SavedMapping


class NoSuchMappingError(NotFoundError):
    """The account has saved no mapping of that name."""

    def __init__(self) -> None:
        super().__init__("There is no saved mapping of this name.")


async def save_mapping(db: Db, actor: Actor, name: str, mapping: Mapping, now: datetime) -> None:
    """Save a mapping, in place of the one of that name. What was said of one file's numbers is no part of it."""
    values: dict[str, Any] = {
        "content": {**draft_of(answering(mapping, "ask")), "name": name},
        "saved_by": actor.user_id,
        "saved_at": now,
    }
    new = insert(SavedMapping).values(account_id=actor.account_id, id=new_id(), name=name, **values)
    await db.execute(new.on_conflict_do_update(index_elements=["account_id", "name"], set_=values))


async def saved_mappings(db: ReadDb, account_id: uuid.UUID) -> Sequence[SavedMapping]:
    """The mappings of an account, by name."""
    query = select(SavedMapping).where(SavedMapping.account_id == account_id).order_by(SavedMapping.name)
    return (await db.scalars(query)).all()


async def read_mapping(db: ReadDb, account_id: uuid.UUID, name: str) -> SavedMapping:
    """A saved mapping.

    Raises:
        NoSuchMappingError: there is none of that name.
    """
    query = select(SavedMapping).where(SavedMapping.account_id == account_id, SavedMapping.name == name)
    found = await db.scalar(query)
    if found is None:
        raise NoSuchMappingError
    return found


async def forget_mapping(db: Db, account_id: uuid.UUID, name: str) -> None:
    """Remove a saved mapping.

    Raises:
        NoSuchMappingError: there is none of that name.
    """
    mine = delete(SavedMapping).where(SavedMapping.account_id == account_id, SavedMapping.name == name)
    if await db.scalar(mine.returning(SavedMapping.id)) is None:
        raise NoSuchMappingError
