"""NOTIFY: tell every server process that something in an account has changed, once it is committed."""

import uuid
from typing import Literal

from sqlalchemy import func, select

from flowpilot.db.session import Db

CHANNEL = "flowpilot"

Topic = Literal["handoffs", "access", "notifications"]


async def announce(db: Db, account_id: uuid.UUID, topic: Topic) -> None:
    """Announce that this transaction changed something. Listeners then read what they may see."""
    await db.execute(select(func.pg_notify(CHANNEL, f"{topic} {account_id}")))
