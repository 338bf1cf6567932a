"""What could have spared the escalation that ends with a session, as whoever ends it says."""

from typing import Annotated

from pydantic import Field

from flowpilot.db.session import Db
from flowpilot.http.fields import EmptyIsNone, Line
from flowpilot.identity.actor import Actor
from flowpilot.sessions import hooks
from flowpilot.sessions.locking import LockedSession

AvoidableReason = Annotated[
    Line | None,
    EmptyIsNone,
    Field(
        description="What could have spared the escalation that ends with it, one of the account's list. "
        "Nothing if the session has no handoff that is open, or set aside by its fix."
    ),
]


async def judge(db: Db, actor: Actor, locked: LockedSession, reason: str | None) -> None:
    """Say what could have spared it, before it ends; None says nothing."""
    if reason is not None:
        for note in hooks.on_judged:
            await note(db, actor, locked, reason)
