"""Where a session is in its flow, and which of its steps count. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowpilot.errors import InvalidError, OutdatedError
from flowpilot.flows.tree import Choice, Node, NodeKind, Tree, find_choice
from flowpilot.sessions.models import AISessionStep, StepKind

_MOVING = frozenset({StepKind.ANSWER, StepKind.OUTCOME})


class NoSuchChoiceError(InvalidError):
    """The present node does not offer that."""


class NothingOfferedError(OutdatedError):
    """There is nothing to choose: the session follows no flow, or its path has ended."""


class NothingToTakeBackError(OutdatedError):
    """The session is at the beginning of its flow."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a session is; without a node if it follows no flow. The trail is the steps that led here."""

    trail: tuple[AISessionStep, ...]
    node_id: str | None
    node: Node | None


def position(tree: Tree | None, steps: Sequence[AISessionStep]) -> Position:
    """Where the steps, in their order, have led. Going back takes the newest step off the trail."""
    trail: list[AISessionStep] = []
    for step in steps:
        if step.kind == StepKind.FLOW:
            trail.clear()
        elif step.kind == StepKind.BACK and trail:
            trail.pop()
        elif step.kind in _MOVING and not step.is_free_text and step.content.get("next"):
            trail.append(step)
    if tree is None:
        return Position((), None, None)
    node_id = str(trail[-1].content["next"]) if trail else tree.root
    return Position(tuple(trail), node_id, tree.nodes.get(node_id))


def standing(steps: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The steps that count: without answers that were taken back, and without the steps back.

    The outcome of an instruction stays: it was done, whatever was answered afterwards.
    """
    kept: list[AISessionStep] = []
    trail: list[AISessionStep] = []
    for step in steps:
        if step.kind == StepKind.BACK:
            undone = trail.pop() if trail else None
            if undone is not None and undone.kind == StepKind.ANSWER:
                kept.remove(undone)
            continue
        if step.kind == StepKind.FLOW:
            trail.clear()
        elif step.kind in _MOVING and not step.is_free_text and step.content.get("next"):
            trail.append(step)
        kept.append(step)
    return kept


def choose(where: Position, kind: NodeKind, label: str) -> Choice:
    """What the present node offers under that label; `kind` is the kind of node that such a step answers.

    Raises:
        NothingOfferedError: there is no node, or its path has ended.
        NoSuchChoiceError: it offers something else.
    """
    if where.node is None or not where.node.offered:
        raise NothingOfferedError(
            "There is nothing to choose here. Say what you found or did with free_text, or resolve."
        )
    found = find_choice(where.node, label) if where.node.kind == kind else None
    if found is None:
        word = "choice" if where.node.kind == NodeKind.QUESTION else "outcome"
        offered = ", ".join(repr(choice.label) for choice in where.node.offered)
        raise NoSuchChoiceError(f"{label[:80]!r} is not offered here. Send as {word} one of: {offered}.")
    return found


def step_back(where: Position) -> str:
    """The node that going back leads to.

    Raises:
        NothingToTakeBackError: the session is at the beginning of its flow.
    """
    if not where.trail:
        raise NothingToTakeBackError("This is the first step, so there is nothing to undo.")
    return str(where.trail[-1].content["node"])
