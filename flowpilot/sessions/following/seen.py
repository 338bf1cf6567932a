"""Where a session is, and where the caller saw it: an answer to another question is not recorded.

An answer is a label, and "No" is offered at many questions. So a caller may say which node they answer, and how
many steps they saw. A repeated request is recognised by its `Idempotency-Key` before any of this is checked.
"""

import uuid
from typing import Annotated

from pydantic import Field

from flowpilot.errors import OutdatedError
from flowpilot.flows.tree import Node
from flowpilot.http.fields import Body, EmptyIsNone
from flowpilot.identity.actor import Actor
from flowpilot.sessions import policy
from flowpilot.sessions.locking import LoadedSession
from flowpilot.sessions.models import LEADS_NOWHERE, StepKind
from flowpilot.sessions.path import position
from flowpilot.sessions.runs.nodes import node_out, present_flow
from flowpilot.sessions.transitions import Action


class SeenPlace(Body):
    """At which node the session was when the caller decided. If that has changed, 409 says where it is now."""

    node: str | None = Field(
        default=None,
        max_length=64,
        description="The id of `current`, empty if that was null. Not checked if it is left out.",
    )
    flow: Annotated[uuid.UUID | None, EmptyIsNone] = Field(
        default=None,
        description="The `flow` of `current`: two flows may use the same ids. Not checked if it is left out.",
    )


class Seen(SeenPlace):
    """Where the session was when the caller decided. If that has changed, 409 says where it is now."""

    after_step: int | None = Field(
        default=None,
        ge=0,
        description="The `step_count`. Not checked if it is left out. Further steps do not stop a note.",
    )


class SessionMovedOnError(OutdatedError):
    """The session is no longer where the caller saw it; `current` and `step_count` say where it is."""


def check_seen(loaded: LoadedSession, seen: Seen, actor: Actor, action: Action) -> None:
    """Make sure that the action is allowed, and that the session is still where the caller saw it.

    A note by somebody who may not move the session is about no place in it, so it may be anywhere.

    Raises:
        NotYourSessionError, HeldBySeniorError: the action is not allowed, wherever the session is.
        NotAllowedNowError: nor does the status allow it.
        SessionMovedOnError: it is elsewhere.
    """
    policy.check(loaded.session, actor, action)
    if policy.refusal(loaded.session, actor, Action.STEP) is not None and action == Action.NOTE:
        return
    check_unmoved(loaded, seen, is_note=action == Action.NOTE)


def check_unmoved(loaded: LoadedSession, seen: Seen, *, is_note: bool = False) -> None:
    """Make sure that the session is still where the caller saw it.

    Raises:
        SessionMovedOnError: it is elsewhere.
    """
    check_place(loaded, seen)
    if _has_other_steps(loaded, seen.after_step, is_note=is_note):
        raise _moved_on(loaded, seen)


def check_place(loaded: LoadedSession, seen: SeenPlace) -> None:
    """Make sure that the session is still at the node where the caller saw it.

    Raises:
        SessionMovedOnError: it is elsewhere.
    """
    where = loaded.where
    is_elsewhere = seen.node is not None and seen.node != (where.node_id or "")
    is_elsewhere |= seen.flow is not None and seen.flow != present_flow(where, loaded.session.matched_flow_id)
    if is_elsewhere:
        raise _moved_on(loaded, seen)


def _has_other_steps(loaded: LoadedSession, seen: int | None, *, is_note: bool) -> bool:
    if seen is None:
        return False
    if not is_note:
        # What others tick or correct meanwhile leaves the session where it is.
        return len(loaded.steps) < seen or any(step.kind not in LEADS_NOWHERE for step in loaded.steps[seen:])
    # Two flows may use the same node ids; a note written in one must not be recorded in the other.
    if any(step.kind == StepKind.FLOW or "follows" in step.content for step in loaded.steps[seen:]):
        return True
    then = position(loaded.tree, loaded.steps[:seen], loaded.inner)
    return present_flow(then, None) != present_flow(loaded.where, None)


def _seen_node(loaded: LoadedSession, seen: SeenPlace) -> Node | None:
    """The node for which something was sent, if the session is elsewhere now."""
    where, own = loaded.where, loaded.session.matched_flow_id
    frames = [frame for frame in reversed(where.frames) if seen.flow in {None, frame.flow_id or own}]
    found = (frame.tree.nodes.get(seen.node or "") for frame in frames)
    return next(filter(None, found), None) if seen.node != where.node_id else None


def _moved_on(loaded: LoadedSession, seen: SeenPlace) -> SessionMovedOnError:
    where = loaded.where
    asked = _seen_node(loaded, seen)
    now = f'It is now at "{where.node.text}"' if where.node is not None else "It follows no flow now"
    current = node_out(where, loaded.run, loaded.session.matched_flow_id, loaded.followed.step_notes)
    n_steps = len(loaded.steps)
    lost = f'What you sent for "{asked.text}"' if asked is not None else "What you sent"
    return SessionMovedOnError(
        f"The session has moved on. {now}, after {n_steps} {'step' if n_steps == 1 else 'steps'}. "
        f"{lost} was not recorded.",
        current=None if current is None else current.model_dump(mode="json"),
        step_count=n_steps,
        session_status=loaded.session.status,
    )
