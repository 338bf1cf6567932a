"""Whether what was sent just now goes at once."""

import uuid

from flowpilot.db.session import ReadDb
from flowpilot.psa.connections.queries import active_connection


async def when_it_goes(db: ReadDb, account_id: uuid.UUID, at_once: str) -> str:
    """`at_once`, or that it waits because nothing goes over the account's connection."""
    connection = await active_connection(db, account_id)
    is_paused = connection is not None and connection.paused_at is not None
    return "It goes once postings are resumed." if is_paused else at_once
