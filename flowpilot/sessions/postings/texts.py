"""What a flow says to everybody, where a client's note stands instead."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.flows.filling import fill_tree
from flowpilot.flows.models import FlowVersion
from flowpilot.flows.tree import Tree
from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.sessions.queries import SessionHistory
from flowpilot.sessions.runs.marks import values

Texts = Mapping[tuple[uuid.UUID | None, str], str]
"""By sub-flow, None for the session's own flow, and node."""


async def read_flow_texts(db: ReadDb, history: SessionHistory) -> Texts:
    """The flow's own texts at the nodes where notes for its client stand instead; no statement if none does."""
    own, followed = history.session.matched_flow_id, history.session.flow_version_id
    replaced = {place for place, note in history.step_notes.items() if note.mode is NoteMode.INSTEAD}
    if not replaced:
        return {}
    query = select(FlowVersion.tree_id, FlowVersion.structure).where(
        FlowVersion.account_id == history.session.account_id,
        FlowVersion.id.in_({followed, *history.inner} - {None}),
    )
    filled = values(history.steps)
    return {
        (None if flow_id == own else flow_id, node_id): node.text
        for flow_id, structure in await db.execute(query)
        for node_id, node in fill_tree(Tree.model_validate(structure), filled).nodes.items()
        if (flow_id, node_id) in replaced
    }
