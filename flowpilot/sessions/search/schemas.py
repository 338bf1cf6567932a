"""What a list says of sessions that were looked for."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.sessions.schemas import SessionRow
from flowpilot.sessions.search.excerpts import Excerpt, Place


class ExcerptPart(BaseModel):
    """A piece of an excerpt."""

    model_config = ConfigDict(from_attributes=True)

    text: str
    found: bool = Field(description="Whether it is a word that was looked for.")


class FoundIn(BaseModel):
    """A text of a session with words that were looked for, or the part of it that has most of them."""

    model_config = ConfigDict(from_attributes=True)

    place: Place = Field(description="`note` is whatever somebody wrote in a step, except the resolution.")
    parts: list[ExcerptPart]


class FoundSession(SessionRow):
    """A session in a list, and where it has the words that were looked for."""

    found_in: list[FoundIn] | None = Field(
        default=None,
        description="As few texts as have the words of `q`, and three at most; null if nothing was looked for.",
    )


def found_session(row: SessionRow, where: Sequence[Excerpt] | None) -> FoundSession:
    """The row of a list."""
    found = None if where is None else [FoundIn.model_validate(one) for one in where]
    # `model_dump` would lose which parts are models.
    return FoundSession.model_validate({**dict(row), "found_in": found})
