"""Reading the notes for clients: of a flow, and of a client."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, literal, select

from flowpilot.clients.models import Client
from flowpilot.db.session import ReadDb
from flowpilot.flows.models import Flow, FlowVersion
from flowpilot.sessions.client_notes.models import FlowClientNote
from flowpilot.sessions.client_notes.notes import with_merged

# A flow of 300 nodes may have one for each client; more than this is no list any more.
MOST_NOTES = 500


async def notes_of_flow(
    db: ReadDb, account_id: uuid.UUID, flow_id: uuid.UUID, node: str | None = None
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The notes at a flow's nodes, or at one of them, by the name of the client."""
    conditions = [FlowClientNote.flow_id == flow_id]
    if node is not None:
        conditions.append(FlowClientNote.node == node)
    return await _notes(db, account_id, *conditions)


async def notes_of_client(
    db: ReadDb, account_id: uuid.UUID, client_id: uuid.UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The notes of a client and of those that were merged into it, by the name of the flow."""
    family = with_merged(account_id, literal(client_id))
    return await _notes(db, account_id, FlowClientNote.client_id.in_(family))


async def _notes(
    db: ReadDb, account_id: uuid.UUID, *conditions: ColumnElement[bool]
) -> Sequence[Row[*tuple[Any, ...]]]:
    note = FlowClientNote
    # Null if the published version does not have the node.
    node_text = FlowVersion.structure["nodes"][note.node]["text"].astext.label("node_text")
    query = (
        select(
            note.flow_id,
            Flow.name.label("flow_name"),
            note.node,
            node_text,
            note.client_id,
            Client.name.label("client_name"),
            note.mode,
            note.text,
            note.written_at,
        )
        .join(Flow, and_(Flow.account_id == note.account_id, Flow.id == note.flow_id))
        .join(Client, and_(Client.account_id == note.account_id, Client.id == note.client_id))
        .outerjoin(
            FlowVersion, and_(FlowVersion.account_id == account_id, FlowVersion.id == Flow.published_version_id)
        )
        .where(note.account_id == account_id, Flow.deleted_at.is_(None), *conditions)
        .order_by(func.lower(Flow.name), note.node, func.lower(Client.name))
        .limit(MOST_NOTES)
    )
    return (await db.execute(query)).all()
