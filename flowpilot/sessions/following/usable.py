"""The flows that a session can follow."""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow, FlowCategory, FlowVersion
from flowpilot.flows.tree import Tree


@dataclass(frozen=True, slots=True)
class UsableFlow:
    """A published flow, in the version that is published now."""

    id: uuid.UUID
    version_id: uuid.UUID
    name: str
    domain: str | None
    tree: Tree


async def usable_flow(db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID) -> UsableFlow | None:
    """The flow with this id, if it is published and not retired."""
    row = (
        await db.execute(
            select(Flow.name, FlowVersion.id, FlowVersion.structure, FlowCategory.name.label("category"))
            .join(
                FlowVersion,
                (FlowVersion.account_id == Flow.account_id) & (FlowVersion.id == Flow.published_version_id),
            )
            .outerjoin(
                FlowCategory,
                (FlowCategory.account_id == Flow.account_id) & (FlowCategory.id == Flow.category_id),
            )
            .where(Flow.account_id == account_id, Flow.id == flow_id, Flow.is_active, Flow.deleted_at.is_(None))
        )
    ).one_or_none()
    if row is None:
        return None
    domain = None if row.category is None else row.category.lower()
    return UsableFlow(flow_id, row.id, row.name, domain, Tree.model_validate(row.structure))
