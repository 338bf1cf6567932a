"""How a text is compared with what people ask for."""

from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute


def is_text(column: InstrumentedAttribute[Any], wanted: str) -> ColumnElement[bool]:
    """Whether a column holds the text, whatever its case and the blanks around it."""
    return func.lower(func.btrim(column)) == func.lower(wanted.strip())
