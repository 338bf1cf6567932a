"""What the actions on a session decide, from loaded data alone. `service` writes it, as do the demo's stories."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from flowpilot.flows.tree import NodeKind
from flowpilot.sessions import path, transitions
from flowpilot.sessions.following.usable import UsableFlow
from flowpilot.sessions.models import AISession, AISessionStep, SessionStatus, StatusChange, StepKind
from flowpilot.sessions.transitions import Action


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to take: what it is and what it says."""

    kind: StepKind
    content: dict[str, Any]
    is_free_text: bool = False

    def beside(self, files: Mapping[str, Any]) -> Self:
        """The same step with files, as `attachments.schemas.named` writes them."""
        return replace(self, content={**self.content, **files})


def answer(where: path.Position, label: str) -> NewStep:
    """One of the choices of the question at which the session is."""
    choice = path.choose(where, NodeKind.QUESTION, label)
    assert where.deciding is not None
    assert where.deciding.node is not None
    content = {
        "question": where.deciding.node.text,
        "choice": choice.label,
        **_place(where.deciding, choice.next),
    }
    return NewStep(StepKind.ANSWER, content)


def outcome(where: path.Position, label: str, note: str = "") -> NewStep:
    """One of the outcomes of the instruction at which the session is, or of the sub-flow that has ended there."""
    choice = path.choose(where, NodeKind.INSTRUCTION, label)
    assert where.deciding is not None
    assert where.deciding.node is not None
    content = {
        "instruction": where.deciding.node.text,
        "outcome": choice.label,
        **_place(where.deciding, choice.next),
    }
    return NewStep(StepKind.OUTCOME, content | ({"note": note} if note else {}))


def outcome_without_flow(tried: str, label: str) -> NewStep:
    """The outcome of something that was tried without a flow."""
    return NewStep(StepKind.OUTCOME, {"instruction": tried, "outcome": label} if tried else {"outcome": label})


def outcome_of_suggestion(action: str, label: str, note: str, *, source: str) -> NewStep:
    """The outcome of something that the copilot suggested, without a flow."""
    content = {"instruction": action, "outcome": label, "suggestion": source}
    return NewStep(StepKind.OUTCOME, content | ({"note": note} if note else {}))


def free_text(where: path.Position, text: str) -> NewStep:
    """At a question an answer in one's own words, anywhere else a note. The session stays where it is."""
    if where.node is not None and where.node.kind == NodeKind.QUESTION:
        content = {
            "question": where.node.text,
            "choice": text,
            **_place(where.frames[-1], where.frames[-1].node_id),
        }
        return NewStep(StepKind.ANSWER, content, is_free_text=True)
    return note(where, text)


def note(where: path.Position, text: str) -> NewStep:
    """What somebody knows or has found, wherever the session is. It stays there."""
    return NewStep(StepKind.NOTE, {"text": text, **_here(where)})


def enter(where: path.Position, flow: UsableFlow) -> NewStep:
    """Enter the flow into which the present node leads."""
    about = {"flow_id": str(flow.id), "version_id": str(flow.version_id), "name": flow.name}
    return NewStep(StepKind.ENTER, about | _place(where.frames[-1], flow.tree.root))


def halt(where: path.Position, name: str, why: str) -> NewStep:
    """Stay at the present node, because the flow into which it leads cannot be entered."""
    frame = where.frames[-1]
    return NewStep(StepKind.ENTER, {"name": name, "halt": why, **_place(frame, frame.node_id)})


def flow_left(session: AISession) -> dict[str, Any]:
    """What the choice of another flow leaves, so that it can be taken back; empty if the session follows none."""
    if session.matched_flow_id is None:
        return {}
    return {
        "left": str(session.matched_flow_id),
        "left_version": str(session.flow_version_id),
        "left_confidence": session.confidence,
    }


def resolution(text: str) -> NewStep:
    """What solved the problem."""
    return NewStep(StepKind.RESOLUTION, {"text": text})


def fix(where: path.Position, text: str, waiting_for: str, look_again_at: datetime) -> NewStep:
    """What was done where the session is, and what has to show that it helped. It stays there."""
    content = {"text": text, "waiting_for": waiting_for, "look_again_at": look_again_at.isoformat()}
    return NewStep(StepKind.FIX, content | _here(where))


def take_step(
    session: AISession,
    steps: list[AISessionStep],
    new: NewStep,
    *,
    step_id: uuid.UUID,
    by: uuid.UUID,
    at: datetime,
) -> AISessionStep:
    """Append a step to a session's steps, and count it."""
    step = AISessionStep(
        account_id=session.account_id,
        id=step_id,
        session_id=session.id,
        position=steps[-1].position + 1 if steps else 1,
        kind=new.kind,
        actor_id=by,
        is_free_text=new.is_free_text,
        content=new.content,
        created_at=at,
    )
    steps.append(step)
    session.step_count = len(steps)
    session.answer_count += new.kind == StepKind.ANSWER
    session.free_text_count += new.is_free_text
    session.last_activity_at = at
    return step


def change_status(session: AISession, action: Action, at: datetime) -> SessionStatus:
    """Change the status as the table of transitions has it, and return the one before.

    Raises:
        NotAllowedNowError: the status does not allow the action.
    """
    before = SessionStatus(session.status)
    session.status = transitions.next_status(before, action)
    session.last_activity_at = at
    session.resolved_at = at if session.status == SessionStatus.RESOLVED else None
    if action != Action.POSTPONE:
        session.waiting_for = session.look_again_at = None
        session.fix_applied_at = session.fix_applied_at if action == Action.CONFIRM else None
    return before


def status_change(
    session: AISession,
    before: SessionStatus | None,
    *,
    change_id: uuid.UUID,
    by: uuid.UUID | None,
    at: datetime,
    reason: str = "",
) -> StatusChange:
    """The record of a change to the present status. A beginning has no status before it."""
    return StatusChange(
        account_id=session.account_id,
        id=change_id,
        session_id=session.id,
        from_status=before,
        to_status=session.status,
        actor_id=by,
        reason=reason,
        created_at=at,
    )


def _here(where: path.Position) -> dict[str, Any]:
    return _place(where.frames[-1], where.frames[-1].node_id) if where.frames else {}


def _place(frame: path.Frame, following: str) -> dict[str, Any]:
    flow = {} if frame.flow_id is None else {"flow": str(frame.flow_id)}
    return {"node": frame.node_id, "next": following, **flow}
