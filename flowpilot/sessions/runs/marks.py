"""What stands of what was ticked, filled in and waived in a session. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from flowpilot.sessions.models import MARKS, AISessionStep, StepKind

Key = tuple[str, ...]
"""An item, known by the way into its flow, its node and its id; or a field, by its name in the whole session."""


def item_key(through: Sequence[str], node: str, item: str) -> Key:
    """The key of an item. `through`: the nodes that led into its flow, so that a second entry begins anew."""
    return "item", *through, node, item


def field_key(name: str) -> Key:
    """The key of a field."""
    return "field", name


def marks(steps: Sequence[AISessionStep]) -> dict[Key, AISessionStep]:
    """The tick, the value or the waiver that stands for each item and field. Another flow begins with none."""
    return _replay(steps)[0]


def values(steps: Sequence[AISessionStep]) -> dict[str, str]:
    """The values of the fields that are filled in, by name."""
    return filled(marks(steps))


def filled(standing: Mapping[Key, AISessionStep]) -> dict[str, str]:
    """The values among these marks, by the name of the field."""
    fills = (step.content for step in standing.values() if step.kind == StepKind.FILL)
    return {str(content["field"]): str(content["value"]) for content in fills}


def replaced(steps: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The steps that no longer count: what was undone or done anew, and the undoing itself."""
    return _replay(steps)[1]


def _replay(steps: Sequence[AISessionStep]) -> tuple[dict[Key, AISessionStep], list[AISessionStep]]:
    found: dict[Key, AISessionStep] = {}
    gone: list[AISessionStep] = []
    for step in steps:
        if step.kind == StepKind.FLOW:
            found = {}
        if step.kind not in MARKS:
            continue
        key = _key(step.content)
        if key in found:
            gone.append(found.pop(key))
        if step.kind == StepKind.UNDO:
            gone.append(step)
        else:
            found[key] = step
    return found, gone


def _key(content: dict[str, Any]) -> Key:
    if "field" in content:
        return field_key(str(content["field"]))
    return item_key(content.get("through", ()), str(content["node"]), str(content["item"]))
