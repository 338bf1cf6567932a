"""What stands of what was ticked, filled in and waived in a session. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flowpilot.sessions.models import MARKS, AISessionStep, StepKind
from flowpilot.text import REMOVED

_COUNTED = MARKS | {StepKind.FLOW, StepKind.TAKE_BACK}

Key = tuple[str, ...]
"""An item, known by the way into its flow, its node and its id; or a field, by its name in the whole session."""


def item_key(through: Sequence[str], node: str, item: str) -> Key:
    """The key of an item. `through`: the nodes that led into its flow, so that a second entry starts empty."""
    return "item", *through, node, item


def field_key(name: str) -> Key:
    """The key of a field."""
    return "field", name


class Replay(NamedTuple):
    """What the steps come to.

    `marks`: the tick, the value or the waiver that counts for each item and field. `replaced`: the steps that no
    longer count: what was undone or done again, and the undoing itself. `brought`: the fields whose values are
    from before the session followed what it follows now.
    """

    marks: dict[Key, AISessionStep]
    replaced: list[AISessionStep]
    brought: frozenset[Key]


def marks(steps: Sequence[AISessionStep]) -> dict[Key, AISessionStep]:
    """The tick, the value or the waiver that stands for each item and field."""
    return replay(steps).marks


def values(steps: Sequence[AISessionStep]) -> dict[str, str]:
    """The values of the fields that are filled in, by name."""
    return filled(marks(steps))


def filled(standing: Mapping[Key, AISessionStep]) -> dict[str, str]:
    """The values among these marks, by the name of the field."""
    fills = (step for step in standing.values() if step.kind == StepKind.FILL)
    known = ((str(step.content["field"]), value_of(step)) for step in fills)
    return {field: value for field, value in known if value is not None}


def value_of(step: AISessionStep) -> str | None:
    """What a field was filled in with; None if that was removed for good, so that it can be said again."""
    value = str(step.content["value"])
    return None if "removed" in step.content and REMOVED in value else value


def replay(steps: Sequence[AISessionStep]) -> Replay:
    """What stands after the steps.

    A value is asked once in a session, so another flow, and working without one, begin with the values that are
    known, but with nothing ticked or waived. If the choice is taken back, what stood before it stands again.
    """
    found: dict[Key, AISessionStep] = {}
    gone: list[AISessionStep] = []
    brought: set[Key] = set()
    # What stood where each choice of another flow was made.
    left: dict[str, tuple[dict[Key, AISessionStep], set[Key]]] = {}
    for step in steps:
        if step.kind not in _COUNTED:
            continue
        if step.kind == StepKind.FLOW:
            left[str(step.id)] = found, brought
            found = {key: one for key, one in found.items() if one.kind == StepKind.FILL}
            brought = set(found)
        elif step.kind == StepKind.TAKE_BACK and step.content["step"] in left:
            ended, (found, brought) = found, left[step.content["step"]]
            stands = {id(one) for one in found.values()}
            gone = [one for one in [*gone, *ended.values()] if id(one) not in stands]
        if step.kind not in MARKS:
            continue
        key = _key(step.content)
        brought.discard(key)
        if key in found:
            gone.append(found.pop(key))
        if step.kind == StepKind.UNDO:
            gone.append(step)
        else:
            found[key] = step
    return Replay(found, gone, frozenset(brought))


def _key(content: dict[str, Any]) -> Key:
    if "field" in content:
        return field_key(str(content["field"]))
    return item_key(content.get("through", ()), str(content["node"]), str(content["item"]))
