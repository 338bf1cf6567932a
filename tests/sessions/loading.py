"""A session as actions get it: locked for the person who works on it, and loaded."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.identity.actor import Actor
from flowpilot.sessions.locking import LoadedSession, load, lock_for_work


async def load_for_work(db: Db, actor: Actor, session_id: uuid.UUID, now: datetime) -> LoadedSession:
    return await load(db, await lock_for_work(db, actor, session_id, now))
