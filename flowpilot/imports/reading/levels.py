"""How deep the levels of a JSON file go. What reads them takes time with the square of it."""

import re
from typing import IO

# An export has a dozen.
MOST_LEVELS = 200
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BACKSLASHES = re.compile(rb"\\*$")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class TooManyLevelsError(ValueError):
    """Records, or lists, are within each other without end."""


class Levels:
    """A file of JSON that is read no deeper than an export goes.

    Raises:
        TooManyLevelsError: from `read`.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._depth, self._open = file, 0, b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, if they do not go too deep."""
        piece = self._file.read(size)
        outside, quote, inside = _STRING.sub(b"", self._open + piece).partition(b'"')
        # Of a string that goes on, only its quote counts, and whether the next character is escaped.
        is_escaping = len(_BACKSLASHES.findall(inside)[0]) % 2
        self._open = quote + b"\\" * is_escaping if quote else b""
        self._see(outside.translate(None, _NO_BRACKETS))
        return piece

    def _see(self, brackets: bytes) -> None:
        opening = brackets.count(b"[") + brackets.count(b"{")
        if self._depth + opening > MOST_LEVELS:
            depth = self._depth
            for bracket in brackets:
                depth += 1 if bracket in b"[{" else -1
                if depth > MOST_LEVELS:
                    raise TooManyLevelsError(f"more than {MOST_LEVELS} levels are within each other")
        self._depth += opening - (len(brackets) - opening)
