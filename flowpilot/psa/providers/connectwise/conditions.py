"""Conditions in ConnectWise's own grammar: they ask for too much rather than too little, and FlowPilot filters.

What a backslash, a per cent sign or an asterisk means inside a string is not documented, so none is ever sent.
"""

import re
from collections.abc import Iterable, Sequence

_DOUBTFUL = re.compile(r'["\\%*\s]+')


def text(value: str) -> str:
    """A string of the grammar, without the signs whose meaning is in doubt."""
    return f'"{_DOUBTFUL.sub(" ", value)}"'


def contains_all(field: str, words: str) -> Sequence[str]:
    """Conditions that hold for at least every record whose field has all the words."""
    return [f"{field} contains {text(piece)}" for piece in _DOUBTFUL.split(words) if piece]


def is_one_of(field: str, ids: Iterable[str]) -> str:
    """A condition that holds for records whose field is one of these numbers."""
    return f"{field} in ({','.join(ids)})"


def both(conditions: Iterable[str]) -> str:
    """All of these hold."""
    return " and ".join(f"({one})" for one in conditions)


def either(conditions: Iterable[str]) -> str:
    """One of these holds."""
    return " or ".join(f"({one})" for one in conditions)
