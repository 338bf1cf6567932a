"""What the flow asks to be handed over, as the escalation node says it where a session is. Pure.

Its explanation lists it in a sentence that begins with `Hand over:`. What else it says stays as it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

# The sentence, which may name a condition first, and ends with its paragraph at the latest.
_LIST = re.compile(r"(?:^|(?<=[.!?]\s))Hand over\b[^:.!?`]*:\s+(.+?)(?:[.!?](?=\s+[A-Z`]|\s*$)|\s*$)", re.DOTALL)
# A comma inside a command or inside brackets separates nothing.
_PIECE = re.compile(r"(?:`[^`]*`|\([^()]*\)|[^,;`(]|[`(])+")
_LAST = re.compile(r"^(?:and|or)\s+")

_TRIED = re.compile(r"\b(?:tried|checked|restarted|searched|changed)\b", re.IGNORECASE)
_PICTURE = re.compile(r"\b(?:photos?|pictures?|screenshots?)\b", re.IGNORECASE)


class FactField(StrEnum):
    """The field of an escalation in which a fact is given. `found`: a note in its session, before it is sent."""

    FOUND = "found"
    TRIED = "tried"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to hand over, in the words of the flow."""

    text: str
    field: FactField


def facts_of(explanation: str) -> list[Fact]:
    """What a node's explanation lists to hand over, in its order."""
    return [
        Fact(text, _field(text))
        for paragraph in _paragraphs(explanation)
        for found in _LIST.finditer(paragraph)
        for text in _pieces(found[1])
    ]


def rest_of(explanation: str) -> str:
    """What it says besides that."""
    kept = (_LIST.sub("", one).strip() if _LIST.search(one) else one for one in _paragraphs(explanation))
    return "\n\n".join(one for one in kept if one)


def _paragraphs(explanation: str) -> list[str]:
    return re.split(r"\n\s*\n", explanation.strip())


def _pieces(listed: str) -> Iterator[str]:
    for piece in _PIECE.findall(" ".join(listed.split())):
        text = _LAST.sub("", piece.strip())
        if text:
            yield text


def _field(text: str) -> FactField:
    if _PICTURE.search(text):
        return FactField.FILES
    return FactField.TRIED if _TRIED.search(text) else FactField.FOUND
