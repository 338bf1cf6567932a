"""The flows of a member who leaves."""

from sqlalchemy import select, update

from flowpilot.db.session import Db, ReadDb
from flowpilot.flows import hooks
from flowpilot.flows.models import Flow
from flowpilot.identity.leaving import Holder, Holding, Leaver, LeavingHook


async def _list_owned(db: ReadDb, holder: Holder) -> list[Holding]:
    query = select(Flow).where(
        Flow.account_id == holder.account_id, Flow.owner_id == holder.user_id, Flow.deleted_at.is_(None)
    )
    return [_holding(flow) for flow in await db.scalars(query.order_by(Flow.id))]


async def _hand_over_owned(db: Db, leaver: Leaver) -> list[Holding]:
    """Give them to the successor; without one nobody answers for them, and the list of flows says so."""
    if leaver.still_works:
        return []
    owned = (
        update(Flow)
        .where(Flow.account_id == leaver.account_id, Flow.owner_id == leaver.user_id)
        .values(owner_id=leaver.successor)
        .returning(Flow)
        .execution_options(populate_existing=True)
    )
    flows = sorted(await db.scalars(owned), key=lambda flow: flow.id)
    for flow in flows:
        await hooks.follow_trust(db, flow, leaver.at)
    return [_holding(flow) for flow in flows if flow.deleted_at is None]


def _holding(flow: Flow) -> Holding:
    return Holding("flow", flow.id, flow.name)


FLOWS = LeavingHook(_list_owned, _hand_over_owned)
