"""How checklists and fields are shown: what is asked, and who has done it."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from flowpilot.copilot.schemas import Suggestion
from flowpilot.flows.checklist import Item
from flowpilot.flows.fields import FieldKind, FlowField, names_in
from flowpilot.sessions.models import StepKind
from flowpilot.sessions.runs.marks import value_of
from flowpilot.sessions.runs.run import Entry, Place, Progress, Run, is_waived


class State(StrEnum):
    """Whether an item or a field is done."""

    OPEN = "open"
    DONE = "done"
    WAIVED = "waived"


class EntryOut(BaseModel):
    """What is asked, and who has done or waived it, when, and why."""

    required: bool
    help: str
    state: State
    by: uuid.UUID | None
    at: datetime | None
    reason: str


class ItemOut(EntryOut):
    """An item to tick."""

    id: str
    text: str


class LeftItemOut(ItemOut):
    """A required item of a checklist that was left. `place`: where it is asked, to be sent with a mark."""

    place: str


class FieldOut(EntryOut):
    """A field to fill in; `value` is empty until then."""

    name: str
    label: str
    kind: FieldKind
    choices: list[str]
    value: str


class SectionOut(BaseModel):
    """A part of a checklist."""

    title: str
    items: list[ItemOut]


class ProgressOut(BaseModel):
    """How much is done or waived of what the flow asks, on the way behind and what may still come."""

    model_config = ConfigDict(from_attributes=True)

    done: int
    total: int
    required_done: int
    required_total: int


def progress_out(progress: Progress | None) -> ProgressOut | None:
    """The progress of a run; None if there is none."""
    return None if progress is None else ProgressOut.model_validate(progress)


def fields_out(run: Run, *places: Place) -> list[FieldOut]:
    """The fields of these places, each once."""
    entries = run.entries(*places)
    return [_field(entry, entry.asked) for entry in entries if isinstance(entry.asked, FlowField)]


def free_fields_out(run: Run, suggestion: Suggestion | None) -> list[FieldOut]:
    """The fields of a session without a flow: those filled in, and those that its suggestions use."""
    steps = suggestion.steps if suggestion else []
    names = (name for step in steps for said in (step.action, step.why, step.expected) for name in names_in(said))
    return [_field(entry, entry.asked) for entry in run.free_entries(names) if isinstance(entry.asked, FlowField)]


def left_out(run: Run) -> list[LeftItemOut]:
    """The required items that were left open, or waived."""
    return [
        LeftItemOut(id=entry.asked.id, text=entry.asked.text, place=entry.place.path, **_state(entry))
        for entry in run.left_open()
        if isinstance(entry.asked, Item)
    ]


def sections_out(run: Run, place: Place) -> list[SectionOut]:
    """The sections of a place, with what is done of them."""
    entries = run.entries(place)
    items = {entry.asked.id: _item(entry, entry.asked) for entry in entries if isinstance(entry.asked, Item)}
    return [
        SectionOut(title=section.title, items=[items[item.id] for item in section.items])
        for section in place.node.sections
    ]


def _item(entry: Entry, item: Item) -> ItemOut:
    return ItemOut(id=item.id, text=item.text, **_state(entry))


def _field(entry: Entry, field: FlowField) -> FieldOut:
    value = None if entry.mark is None or entry.mark.kind != StepKind.FILL else value_of(entry.mark)
    # What was removed for good is asked again.
    is_gone = entry.mark is not None and entry.mark.kind == StepKind.FILL and value is None
    return FieldOut(
        name=field.name,
        label=field.label,
        kind=field.kind,
        choices=list(field.choices),
        value=value or "",
        **_state(entry) | ({"state": State.OPEN} if is_gone else {}),
    )


def _state(entry: Entry) -> dict[str, Any]:
    mark = entry.mark
    waived = is_waived(mark)
    return {
        "required": entry.asked.required,
        "help": entry.asked.help,
        "state": State.OPEN if mark is None else State.WAIVED if waived else State.DONE,
        "by": None if mark is None else mark.actor_id,
        "at": None if mark is None else mark.created_at,
        "reason": str(mark.content["reason"]) if mark is not None and waived else "",
    }
