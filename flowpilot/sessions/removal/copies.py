"""The places that have words which are removed, and what becomes of them. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# A column of a row: the class of the row, its id, and the column's name.
Cell = tuple[str, uuid.UUID, str]

# What was gone through: whether a cell still has words that tell, once it is overwritten.
Cells = Mapping[Cell, bool]


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


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody found of the words: the places, and the cells that they went through."""

    copies: Sequence[Copy] = ()
    cells: Cells = field(default_factory=dict)

    def __or__(self, later: "Found") -> "Found":
        """Both; what is gone through twice is as it was the last time."""
        return Found([*self.copies, *later.copies], {**self.cells, **later.cells})
