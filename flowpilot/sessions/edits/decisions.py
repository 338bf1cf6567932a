"""What correcting, striking and taking back decide, from loaded data alone. Pure."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from flowpilot.flows.tree import Tree
from flowpilot.sessions import path
from flowpilot.sessions.decisions import NewStep
from flowpilot.sessions.edits.record import StepRecord, became_of, text_now, waits_for
from flowpilot.sessions.models import AISessionStep, StepKind
from flowpilot.text import with_plain_breaks


class SessionOnItsPath(Protocol):
    """A session with its steps and the trees that it follows, as it was loaded or is told."""

    @property
    def steps(self) -> list[AISessionStep]:
        """Its steps, in their order."""

    @property
    def tree(self) -> Tree | None:
        """Of its flow, if it follows one."""

    @property
    def inner(self) -> path.Trees:
        """Of the sub-flows that it has entered, by version."""


def correct(
    step: AISessionStep, record: StepRecord, text: str, text_name: Literal["waiting_for"] | None = None
) -> NewStep | None:
    """Correct the text of a step; None if it reads so already. One that was struck counts again.

    `text_name`: of a fix, to correct what it waits for instead.
    """
    if text_name is not None:
        about = {"step": str(step.id), "text_name": text_name, "text": text}
        return None if waits_for(step, record) == text else NewStep(StepKind.CORRECT, about)
    now = text_now(step, record)
    if now is not None and with_plain_breaks(now) == text:
        return None
    return NewStep(StepKind.CORRECT, {"step": str(step.id), "text": text})


def strike(step: AISessionStep) -> NewStep:
    """Take the text of a step out of the note."""
    return NewStep(StepKind.STRIKE, {"step": str(step.id)})


def take_back(told: SessionOnItsPath, step: AISessionStep, earlier: Tree | None = None) -> NewStep:
    """Take back a step, and what follows from it: the answers and outcomes after it on the path.

    Args:
        told: the session.
        step: an answer, an outcome, a fix, the entry of a sub-flow, or the choice of the flow that it follows.
        earlier: the tree of the flow that this choice has left, if it left one.
    """
    trail, is_flow = path.trail_of(told.steps), step.kind == StepKind.FLOW
    fallen = falling(trail, told.steps, step)
    off_path = [one for one in [step, *fallen] if one.kind not in {StepKind.ENTER, StepKind.FLOW}]
    is_on_path = is_flow or step in trail.steps
    content: dict[str, Any] = {
        "step": str(step.id),
        "also": [str(one.id) for one in fallen],
        "moves": len(off_path) if is_on_path else 0,
    }
    if is_flow:
        content |= {"follows": step.content.get("left")}
    if not is_on_path:
        return NewStep(StepKind.TAKE_BACK, content)
    taken = AISessionStep(id=None, kind=StepKind.TAKE_BACK, is_free_text=False, content=content)
    after = path.position(earlier if is_flow else told.tree, [*told.steps, taken], told.inner)
    return NewStep(StepKind.TAKE_BACK, content | _place(after))


def falling(trail: path.Trail, steps: Sequence[AISessionStep], step: AISessionStep) -> list[AISessionStep]:
    """What is taken back with a step, in order: what follows it on the path; with a fix, that it did not help."""
    return became_of(step, steps) if step.kind == StepKind.FIX else trail.falling(step)


def _place(where: path.Position) -> dict[str, Any]:
    """Where the session is then."""
    if not where.frames:
        return {}
    frame = where.frames[-1]
    flow = {} if frame.flow_id is None else {"flow": str(frame.flow_id)}
    return {"node": frame.node_id, "next": frame.node_id, **flow}
