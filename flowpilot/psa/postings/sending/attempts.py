"""The attempts at a step: each request that was to write it, and what became of it."""

from datetime import datetime

from sqlalchemy import delete, select, update

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.psa.postings.models import PsaAttempt, PsaPostingStep
from flowpilot.psa.provider import Accepted, Outcome, Refused, TryLater, Unknown

_OUTCOMES = {Accepted: "accepted", Refused: "refused", TryLater: "try_later", Unknown: "unknown"}


def begin(db: Db, step: PsaPostingStep, now: datetime) -> None:
    """Put a request on record that is about to be sent."""
    db.add(PsaAttempt(account_id=step.account_id, id=new_id(), step_id=step.id, started_at=now))


async def take_back(db: Db, step: PsaPostingStep) -> bool:
    """Take a request off the record that was not sent after all; False if none is open."""
    unsent = await db.scalar(
        delete(PsaAttempt)
        .where(
            PsaAttempt.account_id == step.account_id, PsaAttempt.step_id == step.id, PsaAttempt.outcome.is_(None)
        )
        .returning(PsaAttempt.id)
    )
    return unsent is not None


async def end(db: Db, step: PsaPostingStep, outcome: Outcome, now: datetime) -> bool:
    """Write what became of the step's last attempt; False if that is on record already."""
    mine = (PsaAttempt.account_id == step.account_id, PsaAttempt.step_id == step.id)
    last = select(PsaAttempt.id).where(*mine).order_by(PsaAttempt.id.desc()).limit(1).scalar_subquery()
    reason = None if isinstance(outcome, Accepted) else outcome.reason
    ended = await db.scalar(
        update(PsaAttempt)
        .where(*mine, PsaAttempt.id == last, PsaAttempt.outcome.is_(None))
        .values(ended_at=now, outcome=_OUTCOMES[type(outcome)], reason=reason)
        .returning(PsaAttempt.id)
    )
    return ended is not None
