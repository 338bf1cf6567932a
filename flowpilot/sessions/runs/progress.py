"""The progress of several runs, for lists."""

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions.following.trees import inner_trees
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.path import position
from flowpilot.sessions.runs.run import Progress, run_of


async def progress_of(
    db: ReadDb, account_id: uuid.UUID, runs: Sequence[AISession]
) -> dict[uuid.UUID, Progress | None]:
    """How far each run has come; None if its flow asks nothing. Without runs, nothing is read."""
    versions = {run.flow_version_id for run in runs if run.flow_version_id is not None}
    if not versions:
        return {}
    query = select(FlowVersion.id, FlowVersion.structure).where(
        FlowVersion.account_id == account_id, FlowVersion.id.in_(versions)
    )
    trees = {version_id: Tree.model_validate(structure) for version_id, structure in await db.execute(query)}
    steps = await _steps_of(db, account_id, [run.id for run in runs])
    inner = await inner_trees(db, account_id, [step for taken in steps.values() for step in taken], {})
    found: dict[uuid.UUID, Progress | None] = {}
    for run in runs:
        tree = None if run.flow_version_id is None else trees.get(run.flow_version_id)
        where = position(tree, steps[run.id], inner)
        found[run.id] = run_of(where, steps[run.id], inner).progress()
    return found


async def _steps_of(
    db: ReadDb, account_id: uuid.UUID, session_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[AISessionStep]]:
    query = (
        select(AISessionStep)
        .where(AISessionStep.account_id == account_id, AISessionStep.session_id.in_(session_ids))
        .order_by(AISessionStep.session_id, AISessionStep.position)
    )
    steps: dict[uuid.UUID, list[AISessionStep]] = defaultdict(list)
    for step in await db.scalars(query):
        steps[step.session_id].append(step)
    return steps
