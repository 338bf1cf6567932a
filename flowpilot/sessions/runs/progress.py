"""The progress of several runs, for lists."""

import uuid
from collections.abc import Sequence

from flowpilot.db.session import ReadDb
from flowpilot.sessions.following.followed import read_trees, versions_entered
from flowpilot.sessions.locking import steps_of_each
from flowpilot.sessions.models import AISession
from flowpilot.sessions.path import position
from flowpilot.sessions.runs.run import Progress, run_of


async def progress_of(
    db: ReadDb, account_id: uuid.UUID, runs: Sequence[AISession]
) -> dict[uuid.UUID, Progress | None]:
    """How far each run has come; None if its flow asks nothing. Without runs, nothing is read."""
    versions = {run.flow_version_id for run in runs if run.flow_version_id is not None}
    if not versions:
        return {}
    steps = await steps_of_each(db, account_id, [run.id for run in runs])
    versions |= versions_entered([step for taken in steps.values() for step in taken])
    trees = {version_id: one.tree for version_id, one in (await read_trees(db, account_id, versions)).items()}
    found: dict[uuid.UUID, Progress | None] = {}
    for run in runs:
        tree = None if run.flow_version_id is None else trees.get(run.flow_version_id)
        where = position(tree, steps[run.id], trees)
        found[run.id] = run_of(where, steps[run.id], trees).progress()
    return found
