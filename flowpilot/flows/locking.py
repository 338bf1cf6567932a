"""Locking a flow against other changes."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.flows.models import Flow
from flowpilot.flows.queries import FlowNotFoundError


async def lock_flow(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID) -> Flow:
    """The flow, locked until this transaction ends.

    Raises:
        FlowNotFoundError: there is no such flow.
    """
    # A stronger lock would make sessions wait that start with this flow.
    flow = await db.scalar(
        select(Flow)
        .where(Flow.account_id == account_id, Flow.id == flow_id, Flow.deleted_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if flow is None:
        raise FlowNotFoundError
    return flow
