"""What a flow says with a value filled in, wherever that was copied to: a value may be an everyday word. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence

from flowpilot.flows.fields import names_in, pieces_of, without_fields
from flowpilot.sessions.following.followed import Followed
from flowpilot.sessions.models import AISessionStep, StepKind

# A text of fields alone could be anything.
_LEAST_LETTERS = 3


def filled_texts(followed: Followed, going: Sequence[AISessionStep]) -> re.Pattern[str] | None:
    """Finds the texts of what a session follows in which values of these steps are; None if there are none."""
    values = {
        str(step.content["field"]): str(step.content["value"]) for step in going if step.kind == StepKind.FILL
    }
    found = [_pattern(text, values) for text in dict.fromkeys(_texts(followed)) if _says(text, values)]
    return re.compile("|".join(found)) if found else None


def _texts(followed: Followed) -> Iterator[str]:
    """As they were written: the flow's, those of its sub-flows, and what is said to its client instead."""
    trees = [followed.tree, *(one.tree for one in followed.entered.values())]
    yield from (text for tree in trees if tree is not None for node in tree.nodes.values() for text in node.texts)
    yield from (note.text for note in followed.step_notes.values())


def _says(text: str, fields: Collection[str]) -> bool:
    n_letters = sum(letter.isalpha() for letter in without_fields(text))
    return n_letters >= _LEAST_LETTERS and not set(fields).isdisjoint(names_in(text))


def _pattern(text: str, values: dict[str, str]) -> str:
    """The text with these values, and with anything for other fields."""
    pieces = pieces_of(text)
    pieces[::2] = map(_words, pieces[::2])
    pieces[1::2] = (_words(values[name]) if name in values else ".*?" for name in pieces[1::2])
    return "".join(pieces)


def _words(text: str) -> str:
    """As it was written, though it may be wrapped."""
    return re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text))
