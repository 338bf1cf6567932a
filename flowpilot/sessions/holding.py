"""Who holds a session, said to somebody who wanted to decide what happens next in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy import select

from flowpilot.clock import in_words
from flowpilot.db.session import ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.identity.queries import names_of
from flowpilot.sessions.locking import LockedSession
from flowpilot.sessions.models import AISession, SessionStatus, StatusChange
from flowpilot.sessions.policy import HeldBySeniorError, holder_of


@asynccontextmanager
async def naming_the_holder(db: ReadDb, actor: Actor, locked: LockedSession) -> AsyncIterator[None]:
    """Say who holds the session, and since when, if an action is refused because of that.

    The rule itself reads nothing, and only this refusal costs statements.
    """
    try:
        yield
    except HeldBySeniorError:
        raise await _named(db, actor, locked.session) from None


async def _named(db: ReadDb, actor: Actor, session: AISession) -> HeldBySeniorError:
    holder = holder_of(session)
    assert holder is not None
    name = (await names_of(db, session.account_id, [holder])).get(holder)
    since = session.fix_applied_at or await _held_since(db, session)
    has_it = f"{name or 'A senior'} holds this session"
    if session.look_again_at is not None:
        has_it = f"A fix of {name or 'a senior'} waits until {in_words(session.look_again_at, actor.timezone)}"
    elif since is not None:
        has_it = f"{name or 'A senior'} has held this session since {in_words(since, actor.timezone)}"
    return HeldBySeniorError(
        f"{has_it}. You can add notes, and answer what they ask.",
        holder={"id": str(holder), "name": name},
        since=since,
    )


async def _held_since(db: ReadDb, session: AISession) -> datetime | None:
    query = select(StatusChange.created_at).where(
        StatusChange.account_id == session.account_id,
        StatusChange.session_id == session.id,
        StatusChange.to_status == SessionStatus.ESCALATED,
    )
    since: datetime | None = await db.scalar(query.order_by(StatusChange.created_at.desc()).limit(1))
    return since
