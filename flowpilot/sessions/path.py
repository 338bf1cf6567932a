"""Where a session is in its flow and its sub-flows, and which of its steps count. Pure."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flowpilot.errors import InvalidError, OutdatedError
from flowpilot.flows.tree import HAVE_OUTCOMES, Choice, Node, NodeKind, Tree, find_choice
from flowpilot.flows.tree import ahead as ahead_in
from flowpilot.sessions.edits.record import about, as_worded, fallen_with, records
from flowpilot.sessions.models import EDITS, AISessionStep, StepKind
from flowpilot.sessions.runs.marks import replay

_MOVING = frozenset({StepKind.ANSWER, StepKind.OUTCOME})
_UNDOING = EDITS | {StepKind.BACK}
# What has no part in whether others count.
_PLAIN = frozenset({StepKind.NOTE, StepKind.RESOLUTION, StepKind.ANSWER, StepKind.OUTCOME})
# What leads nowhere, and takes nothing back.
_SAID = frozenset({StepKind.NOTE, StepKind.RESOLUTION})

Trees = Mapping[uuid.UUID, Tree]
"""The trees of sub-flows, by the version that was entered."""

_NO_TREES: Trees = {}


class NoSuchChoiceError(InvalidError):
    """The present node does not offer that."""


class NothingOfferedError(OutdatedError):
    """There is nothing to choose: the session follows no flow, or its path has ended."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A flow that a session is in, and the node where it is. The session's own flow has no `flow_id` here.

    `through`: the nodes that led into it, the outermost first. They tell two entries of one flow apart.
    """

    flow_id: uuid.UUID | None
    name: str
    tree: Tree
    node_id: str
    through: tuple[str, ...] = ()

    @property
    def node(self) -> Node | None:
        """The node; None if the tree does not have it."""
        return self.tree.nodes.get(self.node_id)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a session is: the flow that it follows, and the sub-flows that it is in, the innermost last.

    `frames`: none if it follows no flow. `trail`: the answers and outcomes that led here.
    `behind`: the frame in which each of them was taken, at its node.
    `halt`: why the sub-flow at whose node it is could not be entered; otherwise empty.
    """

    trail: tuple[AISessionStep, ...] = ()
    frames: tuple[Frame, ...] = ()
    halt: str = ""
    behind: tuple[Frame, ...] = ()

    @property
    def node_id(self) -> str | None:
        """The node where it is."""
        return self.frames[-1].node_id if self.frames else None

    @property
    def node(self) -> Node | None:
        """The same."""
        return self.frames[-1].node if self.frames else None

    @property
    def deciding(self) -> Frame | None:
        """The frame whose node is answered next: when a sub-flow has ended, the one that led into it."""
        if len(self.frames) > 1 and self.node is not None and not self.node.offered:
            return self.frames[-2]
        return self.frames[-1] if self.frames else None

    @property
    def offered(self) -> tuple[Choice, ...]:
        """What can be chosen now."""
        node = self.deciding.node if self.deciding else None
        return node.offered if node else ()


@dataclass(frozen=True)
class Trail:
    """The answers and outcomes that have led to where a session is, and the sub-flows entered on the way."""

    steps: list[AISessionStep]

    @cached_property
    def _places(self) -> dict[uuid.UUID, int]:
        return {step.id: place for place, step in enumerate(self.steps)}

    def falling(self, step: AISessionStep) -> list[AISessionStep]:
        """The answers and outcomes that are taken back with a step, and the sub-flows left with them, in order.

        With the choice of a flow, that is all of the path in it.
        """
        if step.kind == StepKind.FLOW:
            return self.steps
        return self.steps[self._places.get(step.id, len(self.steps)) + 1 :]


def position(tree: Tree | None, steps: Sequence[AISessionStep], inner: Trees = _NO_TREES) -> Position:
    """Where the steps, in their order, have led. What was taken back is not on the trail.

    Args:
        tree: of the flow that the session follows.
        steps: of the session.
        inner: the trees of the sub-flows that the steps have entered.
    """
    if tree is None:
        return Position()
    trail, _ = _replay(steps)
    frames, behind, halt = [Frame(None, "", tree, tree.root)], [], ""
    for step in trail:
        content = step.content
        if step.kind == StepKind.ENTER:
            halt = str(content.get("halt", ""))
            if not halt:
                version = inner[uuid.UUID(content["version_id"])]
                through = (*frames[-1].through, str(content["node"]))
                flow_id = uuid.UUID(content["flow_id"])
                frames.append(Frame(flow_id, content["name"], version, content["next"], through))
            continue
        # A flow is never in itself, so its id says in which frame the step was taken.
        while frames[-1].flow_id != flow_of(step) and len(frames) > 1:
            frames.pop()
        behind.append(replace(frames[-1], node_id=str(content["node"])))
        frames[-1], halt = replace(frames[-1], node_id=str(content["next"])), ""
    moves = tuple(step for step in trail if step.kind != StepKind.ENTER)
    return Position(moves, tuple(frames), halt, tuple(behind))


def may_enter(where: Position) -> bool:
    """Whether the session is at a node that leads into another flow, whose entry was taken back.

    It stays there: what the flow is for is done without it, or it is entered again.
    """
    return where.node is not None and where.node.kind is NodeKind.SUBFLOW and not where.halt


def flow_of(step: AISessionStep) -> uuid.UUID | None:
    """The sub-flow in which a step was taken; None for one in the flow that the session follows."""
    named = step.content.get("flow")
    return None if named is None else uuid.UUID(named)


def standing(steps: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The steps that count, as they read now: without what was taken back, undone or struck, and that itself.

    Before going back was a taking back, it was a step of its own (`back`), and left the outcome of an instruction
    in the record. Where such a step stands, that is still so.
    """
    if all(_stands(step) for step in steps):
        return [*steps]
    _, undone = _replay(steps)
    known = records(steps)
    gone = {id(step) for step in undone if step.kind != StepKind.OUTCOME}
    gone |= {id(step) for step in replay(steps).replaced}
    left = (step for step in steps if step.kind not in _UNDOING and id(step) not in gone)
    return list(as_worded([step for step in left if known.of(step).taken_back is None], known))


def trail_of(steps: Sequence[AISessionStep]) -> Trail:
    """The trail of a session, from all its steps in their order."""
    return Trail(_replay(steps)[0])


def ahead(where: Position) -> Iterator[tuple[Frame, str]]:
    """The nodes that can still follow, the innermost flow's first, each with the frame of its flow."""
    for frame in reversed(where.frames):
        if frame.node is not None:
            yield from ((frame, node_id) for node_id in ahead_in(frame.tree, frame.node_id))


def choose(where: Position, kind: NodeKind, label: str) -> Choice:
    """What can be chosen under that label; `kind`: a question, or an instruction for what has outcomes.

    Raises:
        NothingOfferedError: there is no node, or its path has ended.
        NoSuchChoiceError: it offers something else.
    """
    node = where.deciding.node if where.deciding else None
    if node is None or not node.offered:
        raise NothingOfferedError(
            "There is nothing to choose here. Say what you found or did with free_text, or resolve."
        )
    answered_as = NodeKind.INSTRUCTION if node.kind in HAVE_OUTCOMES else node.kind
    found = find_choice(node, label) if answered_as is kind else None
    if found is None:
        word = "choice" if node.kind == NodeKind.QUESTION else "outcome"
        offered = ", ".join(repr(choice.label) for choice in node.offered)
        raise NoSuchChoiceError(f"{label[:80]!r} is not offered here. Send as {word} one of: {offered}.")
    return found


def _replay(steps: Sequence[AISessionStep]) -> tuple[list[AISessionStep], list[AISessionStep]]:
    """The steps that have led to where the session is, and those that were taken back."""
    trail: list[AISessionStep] = []
    undone: list[AISessionStep] = []
    # The path in the flow that each choice of another has left.
    left: dict[uuid.UUID, list[AISessionStep]] = {}
    for step in steps:
        if step.kind in _SAID:
            continue
        if step.kind == StepKind.FLOW:
            left[step.id], trail = trail, []
        elif step.kind == StepKind.BACK:
            undone += _take_back(trail)
        elif step.kind == StepKind.TAKE_BACK:
            fallen = fallen_with(step)
            undone += [one for one in trail if one.id in fallen]
            flow = left.get(about(step))
            trail = [one for one in trail if one.id not in fallen] if flow is None else flow
        elif step.kind == StepKind.ENTER or _is_move(step):
            trail.append(step)
    return trail, undone


def _stands(step: AISessionStep) -> bool:
    """Whether it counts as it was written, and has nothing else count less, without a look at the others."""
    content = step.content
    return step.kind in _PLAIN and "removed" not in content and "fix" not in content


def _is_move(step: AISessionStep) -> bool:
    return step.kind in _MOVING and not step.is_free_text and bool(step.content.get("next"))


def _take_back(trail: list[AISessionStep]) -> list[AISessionStep]:
    """Take the newest answer or outcome off the trail, as a `back` did, with the sub-flows into which it led."""
    moves = [place for place, step in enumerate(trail) if step.kind != StepKind.ENTER]
    if not moves:
        return []
    taken = trail[moves[-1] :]
    del trail[moves[-1] :]
    return taken
