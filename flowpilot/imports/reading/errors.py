"""What is wrong with a file, in words."""

from collections.abc import Callable, Sequence
from typing import Any

from flowpilot.errors import InvalidError


class LogFileError(InvalidError):
    """The file as a whole cannot be read."""


class BadRowError(LogFileError):
    """One row cannot be used. Lines are counted from 1; a spreadsheet's are its rows, JSON's its records.

    If it is for one value, `extra` says for a program which `column`, what was `found`, what was `expected`, and
    which `columns` the file has.
    """

    def __init__(self, line: int, problem: str, **extra: Any) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"Line {line}: {problem}. Nothing was imported.", line=line, **extra)


OnBadRow = Callable[[BadRowError, Sequence[str]], None]
"""What is done with a row that cannot be read, though the next ones can; it gets the fields that are known."""


def refuse(error: BadRowError, _fields: Sequence[str]) -> None:
    """Refuse the file because of the row.

    Raises:
        BadRowError: always.
    """
    raise error
