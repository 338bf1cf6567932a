"""Steps as they are shown, with what became of them and what may be done to them."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from flowpilot.attachments.schemas import AttachmentOut, attachments_in
from flowpilot.http.fields import Body, EmptyIsNone, Words
from flowpilot.sessions.edits.again import looks_again_at
from flowpilot.sessions.edits.policy import Editing, StepAction
from flowpilot.sessions.edits.record import (
    WAITING_FOR,
    StepRecord,
    is_removed,
    last_removal,
    last_worded,
    plain_key,
    text_key,
    text_now,
    waits_for,
)
from flowpilot.sessions.models import AISessionStep, StepKind


class SeenStep(Body):
    """What the caller saw of the step."""

    after_step: int | None = Field(
        default=None,
        ge=0,
        description="The `step_count`. If somebody has edited the step since, 409. Not checked if it is left out.",
    )


class CorrectionIn(SeenStep):
    """The text of a step as it should read."""

    text: Words
    seen_removal: Annotated[datetime | None, EmptyIsNone] = Field(
        default=None,
        description="The `removed.at` of the step as the caller saw it. If words of it were removed since, 409: "
        "a text that was written before would bring them back.",
    )
    text_name: Annotated[Literal["waiting_for"] | None, EmptyIsNone] = Field(
        default=None, description="Of a fix, `waiting_for` corrects what it waits for, a line, and not its text."
    )


class EditedOut(BaseModel):
    """Who did something to a step, and when."""

    by: uuid.UUID | None
    at: datetime


class WordingOut(EditedOut):
    """What a text said before it was corrected, who wrote that, and when."""

    text: str


class WaitsForOut(BaseModel):
    """What a fix waits for, as it reads now, what it said before, and who corrected it last."""

    text: str
    earlier: list[WordingOut]
    corrected: EditedOut | None


class PlaceOut(BaseModel):
    """Where words went before they were removed: `path` is its page here, `url` where people open it outside."""

    text: str
    path: str | None
    url: str | None


class RemovedOut(EditedOut):
    """Who removed words for good, where those are outside, and the published flows that may say them."""

    went_out: list[PlaceOut] = []
    to_check: list[PlaceOut] = []
    kept: list[PlaceOut] = Field(default=[], description="Texts of others and files that had them then, too.")


class StepOut(BaseModel):
    """One step of a session; `content` is described at the table, and has the words as they were first written.

    `text`: what a person wrote in it, as it reads now; null if it was struck or removed, or if it never had any.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    position: int
    kind: StepKind
    actor_id: uuid.UUID | None
    is_free_text: bool
    content: dict[str, Any]
    created_at: datetime
    text: str | None = None
    last_text: str | None = Field(default=None, description="The same, though it may be struck.")
    text_name: str | None = Field(default=None, description="The name in `content` of the text that it is.")
    earlier: list[WordingOut] = Field(default=[], description="What the text said before, the oldest first.")
    corrected: EditedOut | None = None
    waits_for: WaitsForOut | None = Field(default=None, description="Of a fix: what has to show that it helped.")
    struck: EditedOut | None = None
    taken_back: EditedOut | None = None
    removed: RemovedOut | None = Field(default=None, description="Words of it were removed for good.")
    allowed: list[StepAction] = Field(default=[], description="What the caller may do to it now.")
    waits_again: datetime | None = Field(
        default=None,
        description="If it says that a fix did not help: until when that waits again, if this is taken back. Null "
        "if something has been done since, so that it does not wait again.",
    )
    takes_back: list[uuid.UUID] = Field(default=[], description="The steps that are taken back with it.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def attachments(self) -> list[AttachmentOut]:
        """Its files."""
        return attachments_in(self.content)


def steps_out(editing: Editing) -> list[StepOut]:
    """The steps of a session, as the actor sees them."""
    return [_step_out(editing, step) for step in editing.history.steps]


def back_of(editing: Editing) -> uuid.UUID | None:
    """The step that going back takes back; None if the actor may not, or there is none."""
    newest = editing.newest
    return newest.id if newest is not None and StepAction.TAKE_BACK in editing.allowed(newest) else None


def _step_out(editing: Editing, step: AISessionStep) -> StepOut:
    key = plain_key(step, editing.known)
    if key is not None:
        return _plain_step_out(editing, step, key)
    record, allowed = editing.known.of(step), editing.allowed(step)
    falls = editing.falling(step) if StepAction.TAKE_BACK in allowed else []
    fix = editing.fix_again(step) if StepAction.TAKE_BACK in allowed else None
    return StepOut(
        id=step.id,
        position=step.position,
        kind=StepKind(step.kind),
        actor_id=step.actor_id,
        is_free_text=step.is_free_text,
        content=step.content,
        created_at=step.created_at,
        text=text_now(step, record),
        last_text=last_worded(step, record),
        text_name=text_key(step),
        earlier=list(_earlier(step, record)),
        corrected=_edited(record.corrected),
        waits_for=_waits_for(step, record),
        struck=_edited(record.struck),
        taken_back=_edited(record.taken_back),
        removed=_removed(step, record),
        allowed=allowed,
        waits_again=None if fix is None else looks_again_at(step, fix),
        takes_back=[one.id for one in falls],
    )


def _plain_step_out(editing: Editing, step: AISessionStep, key: str) -> StepOut:
    """The same of one that says something, and of which nothing has become: most are so."""
    content = step.content
    return StepOut(
        id=step.id,
        position=step.position,
        kind=StepKind(step.kind),
        actor_id=step.actor_id,
        is_free_text=step.is_free_text,
        content=content,
        created_at=step.created_at,
        text=str(content[key]),
        last_text=str(content[key]),
        text_name=key,
        # A default would be copied each time, which takes longer.
        earlier=[],
        allowed=editing.allowed(step),
        takes_back=[],
    )


def _earlier(step: AISessionStep, record: StepRecord) -> Iterator[WordingOut]:
    """All wordings but the last."""
    yield from _wordings([step, *record.corrections][: len(record.corrections)], text_key(step))


def _waits_for(step: AISessionStep, record: StepRecord) -> WaitsForOut | None:
    text = waits_for(step, record)
    if text is None:
        return None
    earlier = [step, *record.waits][: len(record.waits)]
    corrected = _edited(record.waits[-1] if record.waits else None)
    return WaitsForOut(text=text, earlier=list(_wordings(earlier, WAITING_FOR)), corrected=corrected)


def _wordings(said: Sequence[AISessionStep], own: str | None) -> Iterator[WordingOut]:
    """What these say, as far as it is not removed: the step itself by the name `own`, and its corrections."""
    for one in said:
        key = "text" if one.kind == StepKind.CORRECT else own
        if key is not None and not is_removed(one):
            yield WordingOut(text=one.content[key], by=one.actor_id, at=one.created_at)


def _edited(edit: AISessionStep | None) -> EditedOut | None:
    return None if edit is None else EditedOut(by=edit.actor_id, at=edit.created_at)


def _removed(step: AISessionStep, record: StepRecord) -> RemovedOut | None:
    """Who removed words of the step, or of one of its corrections, last."""
    mark = last_removal(step, record)
    return None if mark is None else RemovedOut.model_validate(mark)
