"""How a stored text is compared with a text that people filter by."""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute


def is_text(column: InstrumentedAttribute[Any], wanted: str) -> ColumnElement[bool]:
    """Whether a column holds the text, ignoring case and surrounding spaces."""
    return func.lower(func.btrim(column)) == func.lower(wanted.strip())
