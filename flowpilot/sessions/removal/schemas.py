"""What the routes of removals take and give."""

import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.http.fields import Body, EmptyIsNone, Words
from flowpilot.sessions.edits.schemas import SeenStep
from flowpilot.sessions.removal.copies import Fate
from flowpilot.sessions.removal.pattern import LEAST
from flowpilot.sessions.removal.service import RemovalReport

Phrase = Annotated[Words, Field(min_length=LEAST)]


class PhraseIn(Body):
    """Which words are removed for good."""

    phrase: Annotated[Phrase | None, EmptyIsNone] = Field(
        default=None,
        description="Words of the step, removed wherever they are in this session. Null for all that a person "
        "wrote in the step, with its files.",
    )


class RemovalIn(PhraseIn, SeenStep):
    """Which words are removed for good, of the step as the caller saw it."""


class SessionRemovalIn(Body):
    """What is removed for good from a session: words, wherever they are in it, or one of its files."""

    phrase: Annotated[Phrase | None, EmptyIsNone] = Field(
        default=None, description="Words, wherever somebody wrote them: in the problem, a handoff, a question."
    )
    file_id: Annotated[uuid.UUID | None, EmptyIsNone] = Field(
        default=None, description="A file of the session, of a step or of a handoff."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.phrase is None) == (self.file_id is None):
            raise ValueError("send phrase or file_id, one of them")
        return self


class CopyOut(BaseModel):
    """A place where the words are. `path` is its page here, `url` where people open it outside."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    path: str | None
    url: str | None


class RemovalOut(BaseModel):
    """What goes, and where it is, or was."""

    words: list[str] = Field(description="In a preview, all that goes. Empty in the answer to a removal.")
    overwritten: list[CopyOut] = Field(description="Copies that are overwritten in the same act.")
    went_out: list[CopyOut] = Field(description="Where they are outside FlowPilot: remove them there yourself.")
    to_check: list[CopyOut] = Field(description="Published flows that may say them: they are not changed.")
    kept: list[CopyOut] = Field(
        description="What still has the words, or one of them that nobody else writes by chance: texts that the "
        "caller may not change or that say only a part, and text files. Remove these by themselves."
    )


def removal_out(found: RemovalReport, *, is_done: bool = False) -> RemovalOut:
    """The places by what becomes of them."""
    by_fate = {
        str(fate): [CopyOut.model_validate(one) for one in found.copies if one.fate is fate] for fate in Fate
    }
    return RemovalOut(words=[] if is_done else list(found.words), **by_fate)
