"""Handoffs, locked for one transaction. Their session is always locked first, so there is no deadlock."""

import uuid
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.handoffs import policy
from flowpilot.handoffs.models import Outcome, SessionHandoff
from flowpilot.handoffs.policy import HandoffAction, HandoffChangedError
from flowpilot.identity.actor import Actor
from flowpilot.identity.assignees import lock_assignee
from flowpilot.identity.queries import names_of
from flowpilot.sessions.locking import LockedSession, SessionNotFoundError, lock, locking

# Who held a handoff when the caller looked at it: empty for nobody, None if the caller does not say.
SeenHolder = uuid.UUID | Literal[""] | None


_ITS_SESSION = select(SessionHandoff.session_id).where(
    SessionHandoff.account_id == bindparam("account_id"), SessionHandoff.id == bindparam("session_id")
)
_SESSION_OF = locking(_ITS_SESSION.scalar_subquery())


class HandoffNotFoundError(NotFoundError):
    """No such handoff in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such handoff.")


async def lock_of(db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID, now: datetime) -> LockedSession:
    """Lock the session of a handoff.

    Raises:
        HandoffNotFoundError: the account has no such handoff.
    """
    try:
        return await lock(db, account_id, handoff_id, now, _SESSION_OF)
    except SessionNotFoundError:
        raise HandoffNotFoundError from None


async def read(db: Db, account_id: uuid.UUID, handoff_id: uuid.UUID) -> SessionHandoff:
    """The handoff as it is now, and stays while its session is locked."""
    query = select(SessionHandoff).where(SessionHandoff.account_id == account_id, SessionHandoff.id == handoff_id)
    return (await db.scalars(query.execution_options(populate_existing=True))).one()


async def handoff_for(
    db: Db,
    actor: Actor,
    locked: LockedSession,
    handoff_id: uuid.UUID,
    action: HandoffAction,
    outcome: Outcome = Outcome.RESOLVED,
    *,
    seen_holder: SeenHolder = None,
) -> SessionHandoff:
    """The handoff of a locked session, for an action that the actor may take; `outcome` is how it would be closed.

    Raises:
        HandoffChangedError: it is not held by the person whom the caller saw.
        ForbiddenError, ConflictError: the actor may not take the action, as `policy.check` has it.
    """
    handoff = await read(db, actor.account_id, handoff_id)
    if seen_holder is not None and handoff.closed_at is None and seen_holder != (handoff.claimed_by or ""):
        raise await _changed(db, handoff)
    policy.check(handoff, locked.session, actor, action, outcome)
    return handoff


async def _changed(db: Db, handoff: SessionHandoff) -> HandoffChangedError:
    holder = handoff.claimed_by
    if holder is None:
        return HandoffChangedError("Nobody holds this handoff now. What you sent was not recorded.", holder=None)
    name = (await names_of(db, handoff.account_id, [holder])).get(holder)
    return HandoffChangedError(
        f"{name or 'Somebody else'} holds this handoff now. What you sent was not recorded.",
        holder={"id": str(holder), "name": name},
    )


async def lock_target(db: Db, actor: Actor, target: uuid.UUID | None) -> None:
    """Make sure that a target can be assigned the handoff. Call it before the session is locked.

    Raises:
        NotAssignableError: the target cannot sign in and claim.
    """
    if target is not None:
        await lock_assignee(db, actor.account_id, target, "target_user_id")
