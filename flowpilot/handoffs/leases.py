"""Leases: a claim on which nothing happens returns to the queue, after its holder was reminded."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, literal, select

from flowpilot.db.session import Db
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.identity.models import Account
from flowpilot.jobs import enqueue

REMIND_JOB = "handoffs.remind"
EXPIRE_JOB = "handoffs.expire"

# The reminder comes this long before the end of a lease, or a fifth of a short one.
_WARNING = timedelta(minutes=5)


def end_of_lease(account_id: uuid.UUID, claimed_at: datetime) -> ColumnElement[datetime]:
    """When a claim made at that moment lapses unless something happens; null where claims hold for good.

    It is read by the very statement that claims, so that a race's losers need not ask for it.
    """
    minutes = select(Account.lease_minutes).where(Account.id == account_id).scalar_subquery()
    return literal(claimed_at) + minutes * timedelta(minutes=1)


async def watch(db: Db, handoff: SessionHandoff) -> None:
    """Have the holder reminded and the claim taken back in time. The jobs are this claim's, and no later one's."""
    ends, claimed_at = handoff.lease_expires_at, handoff.claimed_at
    if ends is None or claimed_at is None:
        return
    this_claim: dict[str, object] = {
        "account_id": handoff.account_id,
        "handoff_id": handoff.id,
        "claimed_at": claimed_at.isoformat(),
    }
    await enqueue(db, REMIND_JOB, at=ends - min(_WARNING, (ends - claimed_at) / 5), **this_claim)
    await enqueue(db, EXPIRE_JOB, at=ends, **this_claim)
