"""The trees of the sub-flows that a session has entered."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions.models import AISessionStep, StepKind


async def inner_trees(db: ReadDb, account_id: uuid.UUID, steps: Sequence[AISessionStep]) -> dict[uuid.UUID, Tree]:
    """The trees of the sub-flows that the steps have entered, by version. No statement if they entered none."""
    entered = {step.content.get("version_id") for step in steps if step.kind == StepKind.ENTER} - {None}
    if not entered:
        return {}
    query = select(FlowVersion.id, FlowVersion.structure).where(
        FlowVersion.account_id == account_id, FlowVersion.id.in_(map(uuid.UUID, entered))
    )
    return {version_id: Tree.model_validate(structure) for version_id, structure in await db.execute(query)}
