"""The trees of the flows that a session is in, as it shows them."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions.client_notes.notes import ClientNotes, for_client
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.runs.marks import values


async def inner_trees(
    db: ReadDb, account_id: uuid.UUID, steps: Sequence[AISessionStep], notes: ClientNotes
) -> dict[uuid.UUID, Tree]:
    """The trees of the sub-flows that the steps have entered, by version, as `shown`.

    No statement if they entered none.
    """
    entered = {step.content.get("version_id") for step in steps if step.kind == StepKind.ENTER} - {None}
    if not entered:
        return {}
    query = select(FlowVersion.id, FlowVersion.tree_id, FlowVersion.structure).where(
        FlowVersion.account_id == account_id, FlowVersion.id.in_(map(uuid.UUID, entered))
    )
    return {
        version_id: shown(structure, flow_id, steps, notes)
        for version_id, flow_id, structure in await db.execute(query)
    }


def shown(
    structure: dict[str, Any], flow_id: uuid.UUID | None, steps: Sequence[AISessionStep], notes: ClientNotes
) -> Tree:
    """The tree as people read it: with what is different for the session's client, and values for its fields."""
    return fill_tree(for_client(Tree.model_validate(structure), flow_id, notes), values(steps))
