"""Whether flows are compared by meaning, for how many it is known, and how what is missing is filled in."""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.matching.loading import lacks_meaning
from flowpilot.flows.matching.meaning import model
from flowpilot.flows.models import Flow, FlowMeaning
from flowpilot.jobs import enqueue

FILL_JOB = "flows.fill_meanings"


@dataclass(frozen=True, slots=True)
class Meanings:
    """The model by which meanings are compared, null without one; and how many published flows have theirs."""

    model: str | None
    n_flows: int
    n_known: int


async def meanings(db: ReadDb, account_id: uuid.UUID) -> Meanings:
    """How far the account's published flows can be found by meaning, in one statement."""
    known = select(FlowMeaning.version_id).where(
        FlowMeaning.account_id == account_id, FlowMeaning.model == (model() or "")
    )
    query = select(
        func.count(), func.count().filter(Flow.published_version_id.in_(known.scalar_subquery()))
    ).where(
        Flow.account_id == account_id,
        Flow.is_active,
        Flow.deleted_at.is_(None),
        Flow.published_version_id.is_not(None),
    )
    n_flows, n_known = (await db.execute(query)).one()
    return Meanings(model(), n_flows, n_known)


async def fill_missing_later(db: Db, account_id: uuid.UUID) -> None:
    """Have a job fill in what is missing, if the last match had to do without meaning for that."""
    if lacks_meaning(account_id):
        enqueue(db, FILL_JOB, lock=f"meanings:{account_id}", account_id=account_id)
