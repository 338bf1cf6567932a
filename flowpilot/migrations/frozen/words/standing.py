"""Which steps of a session counted: as of revision 0066, which keeps their words."""

import uuid
from collections.abc import Sequence

from flowpilot.migrations.frozen.words.steps import EDITS, Step, about, as_worded, fallen_with, records

_MARKS = frozenset({"tick", "fill", "waive", "undo"})


def standing(steps: Sequence[Step]) -> list[Step]:
    """The steps that count, as they read: without what was taken back, undone or struck, and that itself."""
    known = records(steps)
    gone = {step.id for step in _undone(steps) if step.kind != "outcome"} | _replaced(steps)
    left = (step for step in steps if step.kind not in EDITS | {"back"} and step.id not in gone)
    return list(as_worded([step for step in left if not known.of(step).is_taken_back], known))


def _undone(steps: Sequence[Step]) -> list[Step]:
    """The answers and outcomes that were taken back."""
    trail, undone = list[Step](), list[Step]()
    left: dict[uuid.UUID, list[Step]] = {}
    for step in steps:
        if step.kind == "flow":
            left[step.id], trail = trail, []
        elif step.kind == "back":
            undone += _take_back(trail)
        elif step.kind == "take_back":
            fallen = fallen_with(step)
            undone += [one for one in trail if one.id in fallen]
            flow = left.get(about(step))
            trail = [one for one in trail if one.id not in fallen] if flow is None else flow
        elif step.kind == "enter" or _is_move(step):
            trail.append(step)
    return undone


def _is_move(step: Step) -> bool:
    return step.kind in {"answer", "outcome"} and not step.is_free_text and bool(step.content.get("next"))


def _take_back(trail: list[Step]) -> list[Step]:
    moves = [place for place, step in enumerate(trail) if step.kind != "enter"]
    if not moves:
        return []
    taken = trail[moves[-1] :]
    del trail[moves[-1] :]
    return taken


def _replaced(steps: Sequence[Step]) -> set[uuid.UUID]:
    """The ticks, values and waivers that were undone or done again, and the undoing itself."""
    found, gone = dict[tuple[str, ...], Step](), list[Step]()
    left: dict[str, dict[tuple[str, ...], Step]] = {}
    for step in steps:
        if step.kind == "flow":
            left[str(step.id)] = found
            found = {key: one for key, one in found.items() if one.kind == "fill"}
        elif step.kind == "take_back" and step.content["step"] in left:
            ended, found = found, left[step.content["step"]]
            stands = {one.id for one in found.values()}
            gone = [one for one in [*gone, *ended.values()] if one.id not in stands]
        if step.kind not in _MARKS:
            continue
        key = _key(step)
        if key in found:
            gone.append(found.pop(key))
        if step.kind == "undo":
            gone.append(step)
        else:
            found[key] = step
    return {step.id for step in gone}


def _key(step: Step) -> tuple[str, ...]:
    content = step.content
    if "field" in content:
        return "field", str(content["field"])
    return "item", *content.get("through", ()), str(content["node"]), str(content["item"])
