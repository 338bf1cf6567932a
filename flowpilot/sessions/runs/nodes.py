"""The node where a session is, as it is shown: what it says, asks and offers."""

import uuid

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.attachments.schemas import AttachmentOut
from flowpilot.flows.files.shown import shown_files
from flowpilot.flows.tree import NodeKind
from flowpilot.sessions.client_notes.models import NoteMode
from flowpilot.sessions.client_notes.notes import ClientNotes, note_at
from flowpilot.sessions.path import Frame, Position, ahead, may_enter
from flowpilot.sessions.runs.marks import filled
from flowpilot.sessions.runs.run import Run
from flowpilot.sessions.runs.schemas import FieldOut, SectionOut, fields_out, sections_out


class ClientNoteOut(BaseModel):
    """What is different at the step for the session's client: beside its text, or instead of it."""

    model_config = ConfigDict(from_attributes=True)

    mode: NoteMode
    text: str


class NodeOut(BaseModel):
    """The node at which the session is, and what may be sent from there.

    When a sub-flow has ended, `outcomes` are those of the node that led into it, whose text is `returns_to`.
    """

    id: str
    flow: uuid.UUID | None = Field(description="The flow of the node: the session's own, or a sub-flow.")
    subflows: list[str] = Field(
        description="The names of the sub-flows that the session is in, the innermost last."
    )
    kind: NodeKind
    text: str
    help: str
    choices: list[str]
    outcomes: list[str]
    sections: list[SectionOut]
    fields: list[FieldOut]
    missing: list[str] = Field(description="What must be done or waived before the session goes on from here.")
    waiting: list[str] = Field(description="The choices or outcomes that cannot be taken until then.")
    may_leave: bool = Field(description="Whether the session may follow another flow, or none, from here.")
    returns_to: str | None = None
    halt: str = Field(default="", description="Why the sub-flow of this node could not be entered.")
    may_enter: bool = Field(default=False, description="Its sub-flow was taken back, and can be entered again.")
    client_note: ClientNoteOut | None = None
    files: list[AttachmentOut] = Field(default_factory=list, description="What the node shows.")


class AheadOut(BaseModel):
    """A node that may still be reached; `flow` is the sub-flow of it, null for the session's own flow."""

    id: str
    flow: uuid.UUID | None
    kind: NodeKind
    text: str


def ahead_out(where: Position) -> list[AheadOut]:
    """The nodes that may still be reached, each once."""
    return [_ahead(frame, node_id) for frame, node_id in ahead(where)]


def node_out(where: Position, run: Run, flow_id: uuid.UUID | None, notes: ClientNotes) -> NodeOut | None:
    """The node where a session is, with the labels that it offers; None if it follows no flow.

    Args:
        where: the session is.
        run: of the session.
        flow_id: the flow that it follows.
        notes: for its client.
    """
    node, deciding, here = where.node, where.deciding, run.here
    if node is None or deciding is None or here is None:
        return None
    note = note_at(where, flow_id, notes, filled(run.marks))
    has_ended = deciding is not where.frames[-1]
    shown = deciding.node if has_ended and deciding.node else node
    return NodeOut(
        id=where.node_id or "",
        flow=present_flow(where, flow_id),
        subflows=[frame.name for frame in where.frames[1:]],
        kind=node.kind,
        text=node.text,
        help=node.help,
        choices=[choice.label for choice in shown.choices],
        outcomes=[choice.label for choice in shown.outcomes],
        sections=sections_out(run, here),
        fields=fields_out(run, *run.stands),
        missing=[entry.name for entry in run.open_here()],
        waiting=[choice.label for choice in shown.offered if run.waits(choice.next)],
        may_leave=not run.open_before_leaving(),
        returns_to=shown.text if has_ended else None,
        halt=where.halt,
        may_enter=may_enter(where),
        client_note=None if note is None else ClientNoteOut.model_validate(note),
        files=shown_files(node.files),
    )


def present_flow(where: Position, own: uuid.UUID | None) -> uuid.UUID | None:
    """The flow of the node where a session is: its own, or a sub-flow."""
    return where.frames[-1].flow_id or own if where.frames else None


def _ahead(frame: Frame, node_id: str) -> AheadOut:
    node = frame.tree.nodes[node_id]
    return AheadOut(id=node_id, flow=frame.flow_id, kind=node.kind, text=node.text)
