"""What the live room reads: how far sessions are, and whether a place exists."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, select

from flowpilot.db.announce import Announcement
from flowpilot.db.session import ReadDb
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.sessions.models import AISession, version_at


@dataclass(frozen=True, slots=True)
class SessionState:
    """How far a session is: its number of steps, and a version that grows with every change."""

    session_id: uuid.UUID
    position: int
    version: int


def announced_state(announcement: Announcement) -> SessionState | None:
    """The state that was announced; None if it is not one."""
    try:
        session_id, position, version = announcement.details
        return SessionState(uuid.UUID(session_id), int(position), int(version))
    except ValueError:
        return None


async def states_of(db: ReadDb, account_id: uuid.UUID, session_ids: Collection[uuid.UUID]) -> list[SessionState]:
    """How far the account's sessions with these ids are; other ids are left out."""
    if not session_ids:
        return []
    query = select(AISession.id, AISession.step_count, AISession.last_activity_at).where(
        AISession.account_id == account_id, AISession.id.in_(session_ids)
    )
    return [SessionState(id_, steps, version_at(at)) for id_, steps, at in await db.execute(query)]


async def has_place(db: ReadDb, account_id: uuid.UUID, place: uuid.UUID) -> bool:
    """Whether the account has a session or a handoff with this id."""
    session = exists().where(AISession.account_id == account_id, AISession.id == place)
    handoff = exists().where(SessionHandoff.account_id == account_id, SessionHandoff.id == place)
    return bool(await db.scalar(select(session | handoff)))
