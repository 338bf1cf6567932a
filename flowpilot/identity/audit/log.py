"""The record of every change of access."""

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.pages import newest_first
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.models import AuditEntry
from flowpilot.identity.queries import names_of
from flowpilot.identity.schemas import AuditEntryOut

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to read: those that meet every condition.

    `action` is one action, or, if it ends in a dot, the beginning of several. The time is half-open:
    `since <= at < until`.
    """

    action: str | None = None
    actor_id: uuid.UUID | None = None
    target_type: str | None = None
    target_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        said = [
            (AuditEntry.actor_id, self.actor_id),
            (AuditEntry.target_type, self.target_type),
            (AuditEntry.target_id, self.target_id),
        ]
        conditions = [column == value for column, value in said if value is not None]
        if self.since is not None:
            conditions.append(AuditEntry.at >= self.since)
        if self.until is not None:
            conditions.append(AuditEntry.at < self.until)
        if self.action is not None:
            begins = self.action.endswith(".")
            is_meant = AuditEntry.action.startswith(self.action, autoescape=True)
            conditions.append(is_meant if begins else AuditEntry.action == self.action)
        return conditions


async def record(
    db: Db,
    account_id: uuid.UUID,
    actor_id: uuid.UUID | None,
    action: str,
    target: tuple[str, uuid.UUID],
    *,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add an entry in the transaction of the change itself. Without an actor, an operator acted.

    It is announced to the account's live streams, because their callers may have lost their access.
    """
    await db.execute(
        insert(AuditEntry).values(
            account_id=account_id,
            id=new_id(),
            actor_id=actor_id,
            action=action,
            target_type=target[0],
            target_id=target[1],
            before=before,
            after=after,
            at=at,
        )
    )
    announce(db, account_id, "access")


async def overwrite_entries(
    db: Db,
    account_id: uuid.UUID,
    targets: tuple[str, Collection[uuid.UUID]],
    clean: Callable[[Any], Any],
    *,
    is_preview: bool,
) -> None:
    """Overwrite words that are removed for good, such as in the name of a flow. PostgreSQL allows nothing else.

    Args:
        targets: their type and their ids.
    """
    query = select(AuditEntry.id, AuditEntry.before, AuditEntry.after).where(
        AuditEntry.account_id == account_id,
        AuditEntry.target_type == targets[0],
        AuditEntry.target_id.in_(targets[1]),
    )
    for entry_id, *said in [] if is_preview else (await db.execute(query)).all():
        cleaned = [clean(one) for one in said]
        if cleaned != said:
            mine = update(AuditEntry).where(AuditEntry.account_id == account_id, AuditEntry.id == entry_id)
            values = {"before": cleaned[0], "after": cleaned[1]}
            await db.execute(mine.values(values), execution_options={"synchronize_session": False})


async def entries(
    db: ReadDb, account_id: uuid.UUID, audit_filter: AuditFilter, limit: int, before: uuid.UUID | None
) -> list[AuditEntryOut]:
    """The newest matching entries, or those older than the entry `before`. Ids sort by time."""
    query = select(AuditEntry).where(AuditEntry.account_id == account_id, *audit_filter.conditions())
    found = (await db.scalars(newest_first(query, AuditEntry.id, limit, before))).all()
    people = {entry.actor_id for entry in found if entry.actor_id is not None}
    people |= {entry.target_id for entry in found if entry.target_type == "user"}
    names = await names_of(db, account_id, people)
    return [_named(entry, names) for entry in found]


async def count_up_to(db: ReadDb, account_id: uuid.UUID, audit_filter: AuditFilter, most: int) -> int:
    """How many entries match, counting no further than `most`."""
    some = select(AuditEntry.id).where(AuditEntry.account_id == account_id, *audit_filter.conditions()).limit(most)
    return await db.scalar(select(func.count()).select_from(some.subquery())) or 0


async def actions(db: ReadDb, account_id: uuid.UUID) -> Sequence[str]:
    """The actions that the account has entries of, in alphabetical order."""
    found = await db.scalars(_each(AuditEntry.action, account_id))
    return sorted(found)


async def acted(db: ReadDb, account_id: uuid.UUID) -> tuple[Sequence[str], Sequence[uuid.UUID]]:
    """The actions that the account has entries of, in alphabetical order, and who has made one."""
    actors = await db.scalars(_each(AuditEntry.actor_id, account_id))
    return await actions(db, account_id), actors.all()


def _each(column: InstrumentedAttribute[T] | InstrumentedAttribute[T | None], account_id: uuid.UUID) -> Select[T]:
    """Each value that entries have, but for null.

    The index is asked for the one after each, because there are few, and DISTINCT would read every entry.
    """
    first = select(column.label("value")).where(AuditEntry.account_id == account_id).order_by(column).limit(1)
    each = first.cte("each", recursive=True)
    after = select(column).where(AuditEntry.account_id == account_id, column > each.c.value)
    following = after.order_by(column).limit(1).scalar_subquery()
    each = each.union_all(select(following).where(each.c.value.is_not(None)))
    return select(each.c.value).where(each.c.value.is_not(None))


def _named(entry: AuditEntry, names: dict[uuid.UUID, str]) -> AuditEntryOut:
    said = AuditEntryOut.model_validate(entry)
    if entry.actor_id is not None:
        said.actor_name = names.get(entry.actor_id)
    if entry.target_type == "user":
        said.target_name = names.get(entry.target_id)
    return said
