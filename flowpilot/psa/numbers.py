"""Numbers that come from outside: of records, as somebody types them, and in the cursors of pages."""

import re
from typing import Annotated

from pydantic import AfterValidator

from flowpilot.http.fields import Line
from flowpilot.http.paging import BadCursorError
from flowpilot.text import without_widthless

# Systems that keep ids in four bytes fail when they are asked for a larger one.
_LARGEST_ID = 2**31 - 1
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


def is_number(text: str) -> bool:
    """Whether this can be the number of a record. Others, such as a superscript, only make a server fail."""
    return _NUMBER.fullmatch(text) is not None


def number(text: str) -> int | None:
    """The id that somebody typed, with or without a #; None if it is none that every system can be asked for."""
    digits = bare(text)
    return int(digits) if is_number(digits) and 0 < int(digits) <= _LARGEST_ID else None


# What is typed with a keyboard for Chinese or Japanese. Other signs, such as ², are not digits.
_OF_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def bare(text: str) -> str:
    """A ticket's number as it is compared: without the # that people write before it, which belongs to no number.

    Digits and letters of full width are written as usual, and signs that nobody sees are left out.
    """
    plain = without_widthless(text).translate(_OF_FULL_WIDTH).strip()
    return plain.lstrip("#").lstrip() or plain


def ticket_number(text: str) -> str:
    """A ticket's number as somebody typed it.

    Raises:
        ValueError: it is on several lines.
    """
    if len(text.splitlines()) > 1 or "\t" in text:
        raise ValueError("Enter the number of one ticket, on one line")
    return bare(text)


TicketNumber = Annotated[Line, AfterValidator(ticket_number)]


def read_cursor(cursor: str | None, first: int) -> int:
    """The number of a page, or of its first row, that a cursor stands for; `first` without one.

    Raises:
        BadCursorError: the cursor is not one of ours.
    """
    if cursor is None:
        return first
    if not is_number(cursor) or int(cursor) < first:
        raise BadCursorError("This is not a cursor of this list. Start again without one.")
    return int(cursor)
