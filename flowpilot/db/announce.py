"""NOTIFY: tell every server process that something of an account has changed, once it is committed."""

import uuid
from typing import Literal

from sqlalchemy import func, select

from flowpilot.db.session import Db

CHANNEL = "flowpilot"

Topic = Literal["handoffs", "access", "notifications"]


async def announce(db: Db, account_id: uuid.UUID, topic: Topic) -> None:
    """Say that this transaction changed something; who listens reads what it may see."""
    await db.execute(select(func.pg_notify(CHANNEL, f"{topic} {account_id}")))
