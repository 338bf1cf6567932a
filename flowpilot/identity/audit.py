"""The record of everything that changed access."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.models import AuditEntry


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
    """Add one entry in the transaction of the change itself. No actor: an operator at the command line.

    Open live streams of the account hear of it, since their callers may have lost their access.
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
    await announce(db, account_id, "access")


async def entries(db: ReadDb, account_id: uuid.UUID, limit: int, before: uuid.UUID | None) -> Sequence[AuditEntry]:
    """The newest entries, or those older than the entry `before`. Ids sort by time."""
    query = select(AuditEntry).where(AuditEntry.account_id == account_id)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return (await db.scalars(query.order_by(AuditEntry.id.desc()).limit(limit))).all()
