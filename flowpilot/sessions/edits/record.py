"""What became of each step: corrected, struck or taken back, and how its text is worded now. Pure."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flowpilot.sessions.models import EDITS, AISession, AISessionStep, StepKind


@dataclass(slots=True)
class StepRecord:
    """What later steps say of one step, in their order: its corrections, and what took it out of the record.

    `waits`: the corrections of what a fix waits for, which is a text of its own.
    """

    corrections: list[AISessionStep] = field(default_factory=list)
    waits: list[AISessionStep] = field(default_factory=list)
    struck: AISessionStep | None = None
    taken_back: AISessionStep | None = None

    @property
    def corrected(self) -> AISessionStep | None:
        """The correction whose wording holds."""
        return self.corrections[-1] if self.corrections else None


_UNTOUCHED = StepRecord()

# What a correction has as `text_name` if it is not about the text of `text_key`.
WAITING_FOR: Final = "waiting_for"

# Texts without which the rest of their step still counts.
_BESIDE = frozenset({"note", "reason"})

_SAYING = frozenset({StepKind.NOTE, StepKind.RESOLUTION})

# What is said of a fix if what was written of it was struck or removed.
FIX_WITHOUT_WORDS = "The fix that was applied."


class Records(dict[uuid.UUID, StepRecord]):
    """The records of the steps that others are about, by their ids."""

    def of(self, step: AISessionStep) -> StepRecord:
        """The record of a step; an empty one if no other step is about it."""
        return self.get(step.id, _UNTOUCHED)


def records(steps: Sequence[AISessionStep]) -> Records:
    """What became of the steps. A text that was struck stands again once somebody corrects it."""
    found = Records()
    for step in steps:
        if step.kind not in EDITS:
            continue
        record = found.setdefault(about(step), StepRecord())
        if step.kind == StepKind.TAKE_BACK:
            for fallen in fallen_with(step):
                found.setdefault(fallen, StepRecord()).taken_back = step
        elif step.kind == StepKind.STRIKE:
            record.struck = step
        elif not is_removed(step) and step.content.get("text_name") == WAITING_FOR:
            record.waits.append(step)
        elif not is_removed(step):
            record.corrections.append(step)
            record.struck = None
    return found


def about(edit: AISessionStep) -> uuid.UUID:
    """The id of the step that a correction, a strike or a taking back is about."""
    return uuid.UUID(edit.content["step"])


def fallen_with(edit: AISessionStep) -> frozenset[uuid.UUID]:
    """All that a taking back takes back: the step that it is about, and those that fell with it."""
    return frozenset(map(uuid.UUID, [edit.content["step"], *edit.content["also"]]))


def text_key(step: AISessionStep) -> str | None:
    """Where the content has the text that a person wrote and may correct; None if there is none."""
    content = step.content
    match step.kind:
        case StepKind.NOTE | StepKind.RESOLUTION | StepKind.FIX:
            key = "text"
        case StepKind.ANSWER if step.is_free_text:
            key = "choice"
        case StepKind.OUTCOME:
            # Without a flow, the instruction is what a person says they tried. Not so what the copilot suggested,
            # and a fix that did not help.
            key = "instruction" if {"node", "suggestion", "fix"}.isdisjoint(content) else "note"
        case StepKind.WAIVE:
            key = "reason"
        case _:
            return None
    return key if content.get(key) else None


def plain_key(step: AISessionStep, known: Records) -> str | None:
    """Where the content has the text of a step that only says it, if nothing has become of the step.

    What may be done to such a step depends on nothing else of it.
    """
    is_plain = step.kind in _SAYING or (step.kind == StepKind.ANSWER and step.is_free_text)
    return text_key(step) if is_plain and step.id not in known and "removed" not in step.content else None


def text_now(step: AISessionStep, record: StepRecord) -> str | None:
    """The text in its last wording; None if there is none, or if it was struck or removed."""
    return last_worded(step, record) if record.struck is None else None


def last_worded(step: AISessionStep, record: StepRecord) -> str | None:
    """The text in its last wording, though it may be struck; None if there is none, or if it was removed."""
    key = text_key(step)
    if key is None:
        return None
    if record.corrected is not None:
        return str(record.corrected.content["text"])
    return None if is_removed(step) else str(step.content[key])


def waits_for(step: AISessionStep, record: StepRecord) -> str | None:
    """What a fix waits for, in its last wording; None if the step is no fix, or if it was removed."""
    if step.kind != StepKind.FIX or is_removed(step) or not step.content.get(WAITING_FOR):
        return None
    return str(record.waits[-1].content["text"] if record.waits else step.content[WAITING_FOR])


def as_worded(steps: Sequence[AISessionStep], known: Records) -> Iterator[AISessionStep]:
    """The steps as they read now, without struck texts: an outcome stays without its note, a note does not."""
    fixes = {str(step.id): step for step in steps if step.kind == StepKind.FIX}
    for one in steps:
        step = worded(_of_fix(one, fixes.get(one.content.get("fix", "")), known), known)
        if step is not None:
            yield step


def worded(step: AISessionStep, known: Records) -> AISessionStep | None:
    """A step as it reads now; None if all that it says was struck or removed."""
    record, key = known.of(step), text_key(step)
    if record.waits:
        step = with_content(step, {**step.content, WAITING_FOR: waits_for(step, record)})
    text = text_now(step, record)
    if key is None or text == step.content[key]:
        return step
    if text is not None:
        return with_content(step, {**step.content, key: text})
    if key not in _BESIDE:
        return None
    # A waiver whose reason was removed says that: it is never without one.
    left = {name: value for name, value in step.content.items() if name != key or key == "reason"}
    return with_content(step, left)


def waiting_fix(session: AISession, steps: Sequence[AISessionStep]) -> AISessionStep | None:
    """The fix that has to prove itself now; None if none waits."""
    if session.look_again_at is None:
        return None
    # One that was applied later, and taken back, waits no more.
    known = records(steps)
    fixes = [step for step in steps if step.kind == StepKind.FIX and known.of(step).taken_back is None]
    return fixes[-1] if fixes else None


def became_of(fix: AISessionStep, steps: Sequence[AISessionStep]) -> list[AISessionStep]:
    """The steps that say that a fix did not help, without those that were taken back."""
    named = [step for step in steps if step.content.get("fix") == str(fix.id)]
    known = records(steps) if named else Records()
    return [step for step in named if known.of(step).taken_back is None]


def _of_fix(step: AISessionStep, fix: AISessionStep | None, known: Records) -> AISessionStep:
    """A fix that did not help is named as it reads now."""
    if fix is None:
        return step
    return with_content(step, {**step.content, "instruction": text_now(fix, known.of(fix)) or FIX_WITHOUT_WORDS})


def said_at(step: AISessionStep, known: Records) -> datetime:
    """When a step was taken, or last corrected: from then on its text is as it is now."""
    corrected = known.of(step).corrected
    return step.created_at if corrected is None else corrected.created_at


def is_removed(step: AISessionStep) -> bool:
    """Whether the whole of what a person wrote in it was removed for good."""
    return bool(step.content.get("removed", {}).get("whole"))


def last_removal(step: AISessionStep, record: StepRecord) -> dict[str, Any] | None:
    """What the step, or one of its corrections, says of its last removal of words; None if there was none."""
    marks = [
        one.content["removed"] for one in (step, *record.corrections, *record.waits) if "removed" in one.content
    ]
    return max(marks, key=lambda mark: datetime.fromisoformat(mark["at"]), default=None)


def with_content(step: AISessionStep, content: dict[str, object]) -> AISessionStep:
    """The step with another content. It is never written: the row stays as it is."""
    return AISessionStep(
        account_id=step.account_id,
        id=step.id,
        session_id=step.session_id,
        position=step.position,
        kind=step.kind,
        actor_id=step.actor_id,
        is_free_text=step.is_free_text,
        content=content,
        created_at=step.created_at,
    )
