"""What a JSON file may ask of the parser: deep levels take it time with their square, a long number ends it."""

import re
from typing import IO

# An export has a dozen.
MOST_LEVELS = 200
# Python makes no whole number of more than 4,300, and the parser does not survive its refusal.
MOST_DIGITS = 4_000
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BACKSLASHES = re.compile(rb"\\*$")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_LONG_NUMBER = re.compile(rb"\d{%d}" % MOST_DIGITS)
_LAST_DIGITS = re.compile(rb"\d*$")


class BeyondBoundsError(ValueError):
    """Records, or lists, are within each other without end, or a number is."""


class Bounded:
    """A file of JSON that is read no deeper than an export goes, and without numbers that no export has.

    Raises:
        BeyondBoundsError: from `read`.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._depth, self._open, self._digits = file, 0, b"", b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, if they stay within the bounds."""
        piece = self._file.read(size)
        outside, quote, inside = _STRING.sub(b" ", self._open + piece).partition(b'"')
        # Of a string that goes on, only its quote counts, and whether the next character is escaped.
        is_escaping = len(_BACKSLASHES.findall(inside)[0]) % 2
        self._open = quote + b"\\" * is_escaping if quote else b""
        self._see_number(outside + quote)
        self._see(outside.translate(None, _NO_BRACKETS))
        return piece

    def _see_number(self, outside: bytes) -> None:
        text = self._digits + outside
        if _LONG_NUMBER.search(text):
            raise BeyondBoundsError(f"a number has more than {MOST_DIGITS} digits")
        self._digits = _LAST_DIGITS.findall(text)[0]

    def _see(self, brackets: bytes) -> None:
        opening = brackets.count(b"[") + brackets.count(b"{")
        if self._depth + opening > MOST_LEVELS:
            depth = self._depth
            for bracket in brackets:
                depth += 1 if bracket in b"[{" else -1
                if depth > MOST_LEVELS:
                    raise BeyondBoundsError(f"more than {MOST_LEVELS} levels are within each other")
        self._depth += opening - (len(brackets) - opening)
