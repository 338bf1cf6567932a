"""The steps of a session, and how their texts read after their edits: as of revision 0066, which keeps words.

It stays as it is, whatever becomes of the product's own: every database is migrated alike.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

EDITS = frozenset({"correct", "strike", "take_back"})

_WAITING_FOR = "waiting_for"
# Texts without which the rest of their step still counts.
_BESIDE = frozenset({"note", "reason"})


@dataclass(frozen=True, slots=True)
class Step:
    """A step, without what no word depends on."""

    id: uuid.UUID
    session_id: uuid.UUID
    kind: str
    actor_id: uuid.UUID | None
    is_free_text: bool
    content: dict[str, Any]


@dataclass(slots=True)
class Record:
    """What later steps say of one step."""

    corrections: list[Step] = field(default_factory=list)
    waits: list[Step] = field(default_factory=list)
    is_struck: bool = False
    is_taken_back: bool = False


class Records(dict[uuid.UUID, Record]):
    """The records of the steps that others are about, by their ids."""

    def of(self, step: Step) -> Record:
        """The record of a step; an empty one if no other step is about it."""
        return self.get(step.id, Record())


def records(steps: Sequence[Step]) -> Records:
    """What became of the steps. A text that was struck stands again once somebody corrects it."""
    found = Records()
    for step in steps:
        if step.kind not in EDITS:
            continue
        record = found.setdefault(about(step), Record())
        if step.kind == "take_back":
            for fallen in fallen_with(step):
                found.setdefault(fallen, Record()).is_taken_back = True
        elif step.kind == "strike":
            record.is_struck = True
        elif not _is_removed(step) and step.content.get("text_name") == _WAITING_FOR:
            record.waits.append(step)
        elif not _is_removed(step):
            record.corrections.append(step)
            record.is_struck = False
    return found


def about(edit: Step) -> uuid.UUID:
    """The id of the step that an edit is about."""
    return uuid.UUID(edit.content["step"])


def fallen_with(edit: Step) -> frozenset[uuid.UUID]:
    """All that a taking back takes back."""
    return frozenset(map(uuid.UUID, [edit.content["step"], *edit.content["also"]]))


def text_key(step: Step) -> str | None:
    """Where the content has the text that a person wrote and may correct; None if there is none."""
    content = step.content
    match step.kind:
        case "note" | "resolution" | "fix":
            key = "text"
        case "answer" if step.is_free_text:
            key = "choice"
        case "outcome":
            key = "instruction" if {"node", "suggestion", "fix"}.isdisjoint(content) else "note"
        case "waive":
            key = "reason"
        case _:
            return None
    return key if content.get(key) else None


def as_worded(steps: Sequence[Step], known: Records) -> Iterator[Step]:
    """The steps as they read, without struck texts: an outcome stays without its note, a note does not."""
    fixes = {str(step.id): step for step in steps if step.kind == "fix"}
    for one in steps:
        step = _worded(_of_fix(one, fixes.get(one.content.get("fix", "")), known), known)
        if step is not None:
            yield step


def _worded(step: Step, known: Records) -> Step | None:
    record, key = known.of(step), text_key(step)
    if record.waits:
        waits = record.waits[-1].content["text"]
        is_said = step.kind == "fix" and not _is_removed(step) and step.content.get(_WAITING_FOR)
        step = replace(step, content={**step.content, _WAITING_FOR: waits if is_said else None})
    text = _text_now(step, record)
    if key is None or text == step.content[key]:
        return step
    if text is not None:
        return replace(step, content={**step.content, key: text})
    if key not in _BESIDE:
        return None
    left = {name: value for name, value in step.content.items() if name != key or key == "reason"}
    return replace(step, content=left)


def _text_now(step: Step, record: Record) -> str | None:
    key = text_key(step)
    if key is None or record.is_struck:
        return None
    if record.corrections:
        return str(record.corrections[-1].content["text"])
    return None if _is_removed(step) else str(step.content[key])


def _of_fix(step: Step, fix: Step | None, known: Records) -> Step:
    if fix is None:
        return step
    named = _text_now(fix, known.of(fix)) or "The fix that was applied."
    return replace(step, content={**step.content, "instruction": named})


def _is_removed(step: Step) -> bool:
    return bool(step.content.get("removed", {}).get("whole"))
