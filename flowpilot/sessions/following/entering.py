"""Entering sub-flows: a session that comes to one is in its flow at once, in the version published then."""

import uuid
from collections.abc import Sequence

from flowpilot.db.session import Db
from flowpilot.flows.tree import NodeKind
from flowpilot.sessions import decisions
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.following.followed import Entered
from flowpilot.sessions.following.usable import UsableFlow, usable_flow
from flowpilot.sessions.locking import LoadedSession

# Deeper than this, nobody knows any more what they were doing; no library of flows needs it.
MAX_DEPTH = 8


async def next_entry(db: Db, loaded: LoadedSession) -> NewStep | None:
    """The step into the sub-flow at whose node the session has arrived; None if it is at no such node.

    If the flow cannot be entered, the step says why, and the session stays at the node.
    """
    where = loaded.where
    node = where.node
    if node is None or node.kind is not NodeKind.SUBFLOW or where.halt:
        return None
    flow = await _flow(db, loaded.session.account_id, node.flow)
    ids = [frame.flow_id or loaded.session.matched_flow_id for frame in where.frames]
    names = [frame.name or loaded.followed.flow_name or "" for frame in where.frames]
    if (why := refusal(ids, names, flow)) is not None:
        return decisions.halt(where, node.flow if flow is None else flow.name, why)
    assert flow is not None
    loaded.inner[flow.version_id] = flow.tree
    if loaded.session.client_id is None:  # Otherwise it is read again, with what differs there for the client.
        loaded.followed.entered[flow.version_id] = Entered(flow.id, flow.tree)
    return decisions.enter(where, flow)


async def _flow(db: Db, account_id: uuid.UUID, named: str) -> UsableFlow | None:
    try:
        return await usable_flow(db, account_id, uuid.UUID(named))
    except ValueError:
        return None


def refusal(ids: Sequence[uuid.UUID | None], names: Sequence[str], flow: UsableFlow | None) -> str | None:
    """Why a flow cannot be entered from within those flows, the innermost last."""
    if flow is None:
        return "The flow that follows here is not published any more."
    if flow.id in ids:
        return f"The flows lead in a circle here: {' → '.join([*names[ids.index(flow.id) :], flow.name])}."
    if len(ids) > MAX_DEPTH:
        return f"“{flow.name}” would be the {MAX_DEPTH + 1}th flow within another, and {MAX_DEPTH} are the most."
    return None
