"""Where a session is, and where the caller saw it: an answer to another question is not recorded.

An answer is a label, and "No" is offered at many questions. So a caller may say which node they answer, and how
many steps they saw. A repeated request is recognised by its `Idempotency-Key` before any of this is checked.
"""

import uuid
from typing import Annotated

from pydantic import BaseModel, Field

from flowpilot.errors import OutdatedError
from flowpilot.flows.tree import Node, NodeKind
from flowpilot.http.fields import Body, EmptyIsNone
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.path import Position, position
from flowpilot.sessions.transitions import Action


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
    returns_to: str | None = None
    halt: str = Field(default="", description="Why the sub-flow of this node could not be entered.")


class Seen(Body):
    """Where the session was when the caller decided. If that has changed, 409 says where it is now."""

    node: str | None = Field(
        default=None,
        max_length=64,
        description="The id of `current`, empty if that was null. Not checked if it is left out.",
    )
    flow: Annotated[uuid.UUID | None, EmptyIsNone] = Field(
        default=None,
        description="The `flow` of `current`: two flows may use the same ids. Not checked if it is left out.",
    )
    after_step: int | None = Field(
        default=None,
        ge=0,
        description="The `step_count`. Not checked if it is left out. Further steps do not stop a note.",
    )


class SessionMovedOnError(OutdatedError):
    """The session is no longer where the caller saw it; `current` and `step_count` say where it is."""


def check_seen(loaded: LoadedSession, seen: Seen, actor: Actor, action: Action, *, is_note: bool = False) -> None:
    """Make sure that the action is allowed, and that the session is still where the caller saw it.

    Raises:
        NotYourSessionError, NotAllowedNowError: the action is not allowed, wherever the session is.
        SessionMovedOnError: it is elsewhere.
    """
    policy.check(loaded.session, actor, action)
    where = loaded.where
    is_elsewhere = seen.node is not None and seen.node != (where.node_id or "")
    is_elsewhere |= seen.flow is not None and seen.flow != _flow_id(where, loaded.session.matched_flow_id)
    if is_elsewhere or _has_other_steps(loaded, seen.after_step, is_note=is_note):
        raise _moved_on(loaded, seen)


def node_out(where: Position, flow_id: uuid.UUID | None) -> NodeOut | None:
    """The node where a session is, with the labels that it offers; None if it follows no flow.

    Args:
        where: the session is.
        flow_id: the flow that it follows.
    """
    node, deciding = where.node, where.deciding
    if node is None or deciding is None:
        return None
    has_ended = deciding is not where.frames[-1]
    shown = deciding.node if has_ended and deciding.node else node
    return NodeOut(
        id=where.node_id or "",
        flow=_flow_id(where, flow_id),
        subflows=[frame.name for frame in where.frames[1:]],
        kind=node.kind,
        text=node.text,
        help=node.help,
        choices=[choice.label for choice in shown.choices],
        outcomes=[choice.label for choice in shown.outcomes],
        returns_to=shown.text if has_ended else None,
        halt=where.halt,
    )


def _flow_id(where: Position, flow_id: uuid.UUID | None) -> uuid.UUID | None:
    return where.frames[-1].flow_id or flow_id if where.frames else None


def _has_other_steps(loaded: LoadedSession, seen: int | None, *, is_note: bool) -> bool:
    if seen is None:
        return False
    if not is_note:
        return len(loaded.steps) != seen
    # Two flows may use the same node ids; a note written in one must not be recorded in the other.
    if any(step.kind == StepKind.FLOW for step in loaded.steps[seen:]):
        return True
    then = position(loaded.tree, loaded.steps[:seen], loaded.inner)
    return _flow_id(then, None) != _flow_id(loaded.where, None)


def _seen_node(loaded: LoadedSession, seen: Seen) -> Node | None:
    """The node for which something was sent, if the session is elsewhere now."""
    where, own = loaded.where, loaded.session.matched_flow_id
    frames = [frame for frame in reversed(where.frames) if seen.flow in {None, frame.flow_id or own}]
    found = (frame.tree.nodes.get(seen.node or "") for frame in frames)
    return next(filter(None, found), None) if seen.node != where.node_id else None


def _moved_on(loaded: LoadedSession, seen: Seen) -> SessionMovedOnError:
    where = loaded.where
    asked = _seen_node(loaded, seen)
    now = f'It is now at "{where.node.text}"' if where.node is not None else "It follows no flow now"
    current = node_out(where, loaded.session.matched_flow_id)
    n_steps = len(loaded.steps)
    lost = f'What you sent for "{asked.text}"' if asked is not None else "What you sent"
    return SessionMovedOnError(
        f"The session has moved on. {now}, after {n_steps} {'step' if n_steps == 1 else 'steps'}. "
        f"{lost} was not recorded.",
        current=None if current is None else current.model_dump(mode="json"),
        step_count=n_steps,
        session_status=loaded.session.status,
    )
