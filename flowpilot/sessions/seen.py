"""Where a session is, and where the caller saw it: an answer to another question is not recorded.

An answer is a label, and "No" is offered at many questions. So a caller may say which node they answer, and how
many steps they saw. A repeated request is recognised by its `Idempotency-Key` before any of this is checked.
"""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from flowpilot.errors import OutdatedError
from flowpilot.flows.tree import Node, NodeKind
from flowpilot.http.fields import Body
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.sessions.transitions import Action


class NodeOut(BaseModel):
    """The node of the flow at which the session is, and what may be sent from there."""

    id: str
    kind: NodeKind
    text: str
    help: str
    choices: list[str]
    outcomes: list[str]


class Seen(Body):
    """Where the session was when the caller decided. If that has changed, 409 says where it is now."""

    node: str | None = Field(
        default=None,
        max_length=64,
        description="The id of `current`, empty if that was null. Not checked if it is left out.",
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
    is_elsewhere = seen.node is not None and seen.node != (loaded.where.node_id or "")
    if is_elsewhere or _has_other_steps(loaded.steps, seen.after_step, is_note=is_note):
        raise _moved_on(loaded, seen)


def node_out(node_id: str, node: Node) -> NodeOut:
    """A node, with the labels that it offers."""
    return NodeOut(
        id=node_id,
        kind=node.kind,
        text=node.text,
        help=node.help,
        choices=[choice.label for choice in node.choices],
        outcomes=[choice.label for choice in node.outcomes],
    )


def _has_other_steps(steps: Sequence[AISessionStep], seen: int | None, *, is_note: bool) -> bool:
    if seen is None:
        return False
    if is_note:
        # Two flows may use the same node ids; a note written in one must not be recorded in the other.
        return any(step.kind == StepKind.FLOW for step in steps[seen:])
    return len(steps) != seen


def _moved_on(loaded: LoadedSession, seen: Seen) -> SessionMovedOnError:
    where, tree = loaded.where, loaded.tree
    asked = tree.nodes.get(seen.node or "") if tree is not None and seen.node != where.node_id else None
    now = f'It is now at "{where.node.text}"' if where.node is not None else "It follows no flow now"
    n_steps = len(loaded.steps)
    lost = f'What you sent for "{asked.text}"' if asked is not None else "What you sent"
    return SessionMovedOnError(
        f"The session has moved on. {now}, after {n_steps} {'step' if n_steps == 1 else 'steps'}. "
        f"{lost} was not recorded.",
        current=None if where.node is None else node_out(where.node_id or "", where.node).model_dump(),
        step_count=n_steps,
        session_status=loaded.session.status,
    )
