"""Numbers that come from outside: of records, as somebody types them, and in the cursors of pages."""

import re

from flowpilot.http.paging import BadCursorError

_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


def is_number(text: str) -> bool:
    """Whether this can be the number of a record. Others, such as a superscript, only make a server fail."""
    return _NUMBER.fullmatch(text) is not None


def place(cursor: str | None, first: int) -> int:
    """The number of a page, or of its first row, that a cursor stands for; `first` without one.

    Raises:
        BadCursorError: the cursor is not one of ours.
    """
    if cursor is None:
        return first
    if not is_number(cursor) or int(cursor) < first:
        raise BadCursorError("This is not a cursor of this list. Start again without one.")
    return int(cursor)
