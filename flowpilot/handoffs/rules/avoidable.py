"""What could have spared an escalation, as the senior who worked on it says; never required."""

import uuid
from datetime import datetime

from sqlalchemy import and_, or_

from flowpilot.db.session import Db
from flowpilot.errors import InvalidError
from flowpilot.handoffs import policy
from flowpilot.handoffs.keeping import lock_where
from flowpilot.handoffs.locking import lock_of, read
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.rules.queries import read_escalation_rules
from flowpilot.identity.actor import Actor
from flowpilot.sessions.locking import LockedSession


class UnknownReasonError(InvalidError):
    """The account's list has no such reason; `reasons` has those that it has."""


async def judge(db: Db, actor: Actor, handoff_id: uuid.UUID, reason: str | None, now: datetime) -> SessionHandoff:
    """Say what could have spared the escalation, or with None that this is not known.

    Raises:
        HandoffNotFoundError: the account has no such handoff.
        NotYourHandoffError: the actor did not work on it.
        UnknownReasonError: the account's list has no such reason.
    """
    await lock_of(db, actor.account_id, handoff_id, now)
    handoff = await read(db, actor.account_id, handoff_id)
    await set_reason(db, actor, handoff, reason)
    return handoff


async def judge_with_session(db: Db, actor: Actor, locked: LockedSession, reason: str) -> None:
    """The same for the handoff of a locked session that is open, or set aside by the fix that waits; else nothing.

    Raises as `judge`.
    """
    session = locked.session
    goes_on = or_(SessionHandoff.closed_at.is_(None), and_(*policy.was_set_aside(session)))
    for handoff in await lock_where(db, session.account_id, session.id, goes_on):
        await set_reason(db, actor, handoff, reason)


async def set_reason(db: Db, actor: Actor, handoff: SessionHandoff, reason: str | None) -> None:
    """The same for a handoff whose session is locked. Raises as `judge`."""
    policy.check_may_judge(handoff, actor)
    if reason is not None:
        await _check_reason(db, actor, reason)
    handoff.avoidable_reason = reason
    await db.flush()


async def _check_reason(db: Db, actor: Actor, reason: str) -> None:
    reasons = (await read_escalation_rules(db, actor.account_id)).avoidable_reasons
    if reason not in reasons:
        raise UnknownReasonError(f"Choose one of: {', '.join(reasons)}.", reasons=list(reasons))
