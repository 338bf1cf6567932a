"""Flows, locked for one transaction, and the account's library of them."""

import uuid

from sqlalchemy import func, select

from flowpilot.db.session import Db
from flowpilot.flows.models import Flow
from flowpilot.flows.queries import FlowNotFoundError


async def lock_library(db: Db, account_id: uuid.UUID) -> None:
    """Let only one transaction at a time name, draft, publish or retire flows of the account.

    So no two flows have the same name, and no two that are published at once lead into each other. Every action
    takes this lock before it locks a flow, so that there is no deadlock.
    """
    names = func.hashtextextended(f"flow names {account_id}", 0)
    await db.execute(select(func.pg_advisory_xact_lock(names)))


async def lock_flow(db: Db, account_id: uuid.UUID, flow_id: uuid.UUID) -> Flow:
    """Lock a flow.

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
