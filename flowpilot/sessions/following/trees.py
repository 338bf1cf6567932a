"""The trees of the sub-flows that a session has entered."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.runs.marks import values


async def inner_trees(db: ReadDb, account_id: uuid.UUID, steps: Sequence[AISessionStep]) -> dict[uuid.UUID, Tree]:
    """The trees of the sub-flows that the steps have entered, by version, with values for their fields.

    No statement if they entered none.
    """
    entered = {step.content.get("version_id") for step in steps if step.kind == StepKind.ENTER} - {None}
    if not entered:
        return {}
    query = select(FlowVersion.id, FlowVersion.structure).where(
        FlowVersion.account_id == account_id, FlowVersion.id.in_(map(uuid.UUID, entered))
    )
    known = values(steps)
    return {
        version_id: fill_tree(Tree.model_validate(structure), known)
        for version_id, structure in await db.execute(query)
    }
