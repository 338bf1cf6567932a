"""What the notes of a session's client change in its flows. Pure, except for the column that reads them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Function, ScalarSelect, Select, Uuid, cast, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from flowpilot.clients.models import Client
from flowpilot.flows.fields import fill_in
from flowpilot.flows.filling import labels_in
from flowpilot.flows.tree import Tree
from flowpilot.sessions.client_notes.models import FlowClientNote, NoteMode
from flowpilot.sessions.models import AISession, AISessionStep, StepKind
from flowpilot.sessions.path import Position


@dataclass(frozen=True, slots=True)
class ClientNote:
    """A note at a node."""

    mode: NoteMode
    text: str


ClientNotes = Mapping[tuple[uuid.UUID, str], ClientNote]
"""The notes of one client, by flow and node."""


def notes_column(account_id: ColumnElement[uuid.UUID]) -> ScalarSelect[Any]:
    """A column of a statement over sessions: the notes of the session's client in its flows, for `as_notes`.

    So a session is read with them in the same statement. Notes of clients that were merged into its client, and
    into those, count, too; its own win.
    """
    note = FlowClientNote
    one: Function[Any] = func.jsonb_build_array(note.flow_id, note.node, note.mode, note.text)
    is_own = note.client_id == AISession.client_id
    entered = select(cast(AISessionStep.content["flow_id"].astext, Uuid)).where(
        AISessionStep.account_id == account_id,
        AISessionStep.session_id == AISession.id,
        AISessionStep.kind == StepKind.ENTER,
    )
    return (
        select(func.jsonb_agg(aggregate_order_by(one, is_own, note.written_at)))
        .where(
            note.account_id == account_id,
            # By its name: a part of a recursion cannot be correlated.
            note.client_id.in_(with_merged(account_id, literal_column("ai_sessions.client_id"))),
            or_(note.flow_id == AISession.matched_flow_id, note.flow_id.in_(entered.correlate(AISession))),
        )
        .correlate(AISession)
        .scalar_subquery()
    )


def with_merged(
    account_id: uuid.UUID | ColumnElement[uuid.UUID], client_id: ColumnElement[uuid.UUID]
) -> Select[uuid.UUID]:
    """The client and all that were merged into it, however often they were merged on."""
    family = select(client_id.label("id")).cte("family", recursive=True, nesting=True)
    merged = select(Client.id).where(Client.account_id == account_id, Client.merged_into_id == family.c.id)
    return select(family.union(merged).c.id)


def as_notes(found: list[list[str]] | None) -> ClientNotes:
    """The notes in `notes_column`."""
    return {
        (uuid.UUID(flow_id), node): ClientNote(NoteMode(mode), text) for flow_id, node, mode, text in found or ()
    }


def note_at(
    where: Position, own_flow: uuid.UUID | None, notes: ClientNotes, values: Mapping[str, str]
) -> ClientNote | None:
    """The note at the node where a session is, with the values of its fields.

    Args:
        where: the session is.
        own_flow: the flow that it follows.
        notes: for its client.
        values: of the fields that are filled in, by name.
    """
    here = where.frames[-1] if where.frames else None
    flow_id = None if here is None else here.flow_id or own_flow
    note = None if here is None or flow_id is None else notes.get((flow_id, here.node_id))
    if here is None or note is None:
        return None
    return replace(note, text=fill_in(note.text, values, labels_in(here.tree)))


def for_client(tree: Tree, flow_id: uuid.UUID | None, notes: ClientNotes) -> Tree:
    """The tree of a flow as the client wants it: with each text for which a note stands instead."""
    instead = {
        node: note.text
        for (noted, node), note in notes.items()
        if noted == flow_id and node in tree.nodes and note.mode is NoteMode.INSTEAD
    }
    if not instead:
        return tree
    changed = {node: tree.nodes[node].model_copy(update={"text": text}) for node, text in instead.items()}
    return tree.model_copy(update={"nodes": {**tree.nodes, **changed}})
