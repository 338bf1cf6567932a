"""Values on their way into a spreadsheet."""

from typing import TypeVar

# A spreadsheet takes text that begins with one of these for a formula, and runs it (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - The wide ones are meant.

T = TypeVar("T")


def safe_cell(value: T) -> T | str:
    """The value as a cell of a CSV; text that would be a formula gets an apostrophe before it. Numbers stay."""
    if isinstance(value, str) and (value.startswith(("\t", "\r", "\n")) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return value
