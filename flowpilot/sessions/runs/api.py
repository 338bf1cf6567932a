"""The JSON route of checklists and fields: everybody who may tick an item of a session takes it."""

import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Self

from fastapi import APIRouter, Depends
from pydantic import Field, ValidationInfo, field_validator, model_validator

from flowpilot.clock import Now
from flowpilot.http.fields import EmptyIsNone, Remark, Text, Trimmed, says_something
from flowpilot.identity.access import CanWork
from flowpilot.identity.auth import WriteSession
from flowpilot.sessions import api, schemas
from flowpilot.sessions.following.seen import SeenPlace, check_place
from flowpilot.sessions.holding import naming_the_holder
from flowpilot.sessions.locking import LoadedSession, load, lock
from flowpilot.sessions.runs import service
from flowpilot.sessions.runs.decisions import Mark, MarkAction


class MarkIn(SeenPlace):
    """Something done with one item or one field. Done twice, it is recorded once."""

    do: MarkAction
    item: Annotated[Text | None, EmptyIsNone] = Field(default=None, description="The id of an item of `current`.")
    field: Annotated[Text | None, EmptyIsNone] = Field(default=None, description="The name of a field.")
    place: Annotated[Text | None, EmptyIsNone] = Field(
        default=None, description="The `place` of an item of `left_open`, which is not of `current`."
    )
    value: Trimmed = Field(default="", description="Of a field that is filled in.")
    reason: Remark = Field(default="", validate_default=True, description="Why it is waived.")

    @field_validator("reason")
    @classmethod
    def _says_why(cls, reason: str, others: ValidationInfo) -> str:
        if others.data.get("do") == MarkAction.WAIVE:
            try:
                return says_something(reason)
            except ValueError:
                raise ValueError("Say why it is not needed") from None
        return reason

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.item is None) == (self.field is None):
            raise ValueError("send either item or field")
        if self.do == MarkAction.TICK and self.item is None:
            raise ValueError("a field is not ticked; fill it in")
        if self.do == MarkAction.FILL and self.field is None:
            raise ValueError("an item is not filled in; tick it")
        return self

    @property
    def mark(self) -> Mark:
        """What is wanted."""
        return Mark(self.do, self.item, self.field, self.value, self.reason, self.place)


router = APIRouter(prefix="/api/v1/ai-sessions", tags=["sessions"])


async def _loaded(
    session_id: uuid.UUID, actor: CanWork, db: WriteSession, now: Now
) -> AsyncIterator[LoadedSession]:
    """The session, whoever works on it: `service.mark` decides who may."""
    locked = await lock(db, actor.account_id, session_id, now)
    async with naming_the_holder(db, actor, locked):
        yield await load(db, locked)


LoadedToMark = Annotated[LoadedSession, Depends(_loaded, scope="function")]


@router.post("/{session_id}/marks")
async def mark(body: MarkIn, actor: CanWork, loaded: LoadedToMark, db: WriteSession) -> schemas.SessionOut:
    """Tick an item, fill in a field, waive either with a reason, or undo that.

    In a run of a procedural flow, every engineer may do so.
    """
    check_place(loaded, body)
    await service.mark(db, actor, loaded, body.mark)
    return await api.read_session(loaded.session.id, actor, db)
