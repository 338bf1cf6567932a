"""A place that has words which are removed, and what becomes of it. Pure."""

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What becomes of a copy.

    It is overwritten, it has gone out, it is published and a person has to look, or it is kept, because it is
    somebody else's or is not a copy: a text that says the words, too, or a file.
    """

    OVERWRITTEN = "overwritten"
    WENT_OUT = "went_out"
    TO_CHECK = "to_check"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Copy:
    """A place where the words are: `path` is its page here, `url` where it is outside; `authors` wrote them."""

    text: str
    fate: Fate = Fate.OVERWRITTEN
    path: str | None = None
    url: str | None = None
    authors: frozenset[uuid.UUID] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """What the record of a removal keeps of it: no words."""
        return {"text": self.text, "path": self.path, "url": self.url}
