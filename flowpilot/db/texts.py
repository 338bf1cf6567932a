"""How a stored text is compared with a text that people filter by."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import InstrumentedAttribute


def is_text(column: InstrumentedAttribute[Any], wanted: str) -> ColumnElement[bool]:
    """Whether a column holds the text, ignoring case and surrounding spaces."""
    return func.lower(func.btrim(column)) == func.lower(wanted.strip())


def may_have(name: ColumnElement[Any] | InstrumentedAttribute[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a name may have one of the words, whatever its accents: it may if it has more than plain letters.

    Args:
        words: of letters and digits, as `sessions.search.words` makes them plain.
    """
    return or_(name.op("~")("[^ -~]"), *(func.lower(name).contains(word) for word in words))
