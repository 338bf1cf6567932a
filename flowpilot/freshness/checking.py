"""Examine an account's flows, and let those lose trust that have a reason to."""

import uuid
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.session import Db, ReadDb
from flowpilot.flows.models import Flow
from flowpilot.flows.queries import IS_OFFERED
from flowpilot.flows.trust.doubts import Doubt, DoubtKind
from flowpilot.flows.trust.service import doubt
from flowpilot.flows.trust.verification import trust_rule
from flowpilot.freshness.evidence import evidence
from flowpilot.freshness.judging import doubts_of, judge


async def check_flows(db: Db, account_id: uuid.UUID, now: datetime) -> int:
    """Examine every flow that is offered, and return how many have lost trust."""
    # Read first: who confirms or publishes a flow while it is examined must not be overruled.
    verified = await _verified(db, account_id)
    found = await find_doubts(db, account_id, now)
    # In the order of their ids, as whoever locks several does.
    ids = sorted(found.keys() & verified.keys())
    return sum(
        [await doubt(db, account_id, id_, found[id_], now, verified_at=verified[id_]) for id_ in ids],
    )


async def find_doubts(db: ReadDb, account_id: uuid.UUID, now: datetime) -> dict[uuid.UUID, list[Doubt]]:
    """The reasons to doubt the flows that are offered, by flow."""
    found = await _expired(db, account_id, now)
    for flow_id, of_flow in (await evidence(db, account_id, now)).items():
        if doubts := doubts_of(judge(of_flow), now):
            found[flow_id] = found.get(flow_id, []) + doubts
    return found


async def _verified(db: ReadDb, account_id: uuid.UUID) -> dict[uuid.UUID, datetime | None]:
    """When each flow that is offered was last found right."""
    query = select(Flow.id, Flow.verified_at).where(
        Flow.account_id == account_id, Flow.deleted_at.is_(None), IS_OFFERED
    )
    return {row.id: row.verified_at for row in await db.execute(query)}


async def _expired(db: ReadDb, account_id: uuid.UUID, now: datetime) -> dict[uuid.UUID, list[Doubt]]:
    """The flows that nobody has confirmed in time; none if the account asks for no confirmation."""
    rule = await trust_rule(db, account_id, now)
    if rule.days is None:
        return {}
    query = select(Flow.id, Flow.verified_until).where(
        Flow.account_id == account_id, Flow.deleted_at.is_(None), IS_OFFERED, Flow.verified_until < rule.today
    )
    return {
        row.id: [Doubt(kind=DoubtKind.EXPIRED, since=now, verified_until=row.verified_until)]
        for row in await db.execute(query)
    }
