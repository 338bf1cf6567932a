"""What is wrong with a file, in words."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from flowpilot.errors import InvalidError

# An export may have hundreds of columns, and names of any length.
_MOST_NAMED = 20
_LONGEST_NAME = 60
_MOST_ALIKE = 5


def columns_in_words(columns: Sequence[str], like: str | None = None) -> str:
    """The columns that a file has, in a sentence: of many, some, and first those that are called `like` one."""
    alike = [] if like is None or len(columns) <= _MOST_NAMED else _alike(like, columns)
    named = [*alike, *(name for name in columns if name not in alike)][:_MOST_NAMED]
    more = f" and {len(columns) - len(named):,} more" if len(columns) > len(named) else ""
    return f"The file's columns are: {', '.join(name[:_LONGEST_NAME] or '(no name)' for name in named)}{more}."


def _alike(name: str, columns: Sequence[str]) -> list[str]:
    by_small = {column.lower(): column for column in columns}
    return [by_small[one] for one in get_close_matches(name.lower(), by_small, _MOST_ALIKE)]


class LogFileError(InvalidError):
    """The file as a whole cannot be read."""


class BadRowError(LogFileError):
    """One row cannot be used. Lines are counted from 1; a spreadsheet's are its rows, JSON's its records.

    If it is for one value, `extra` says for a program which `column`, what was `found`, what was `expected`, and
    which `columns` the file has; those are in the sentence, too.
    """

    def __init__(self, line: int, problem: str, **extra: Any) -> None:
        self.line, self.problem = line, problem
        said = [f"Line {line}: {problem}.", self.columns_of(extra), "Nothing was imported."]
        super().__init__(" ".join(filter(None, said)), line=line, **extra)

    @staticmethod
    def columns_of(extra: Mapping[str, Any]) -> str:
        """The columns of the file in a sentence, if the error is for one of them."""
        return columns_in_words(extra["columns"], extra.get("column")) if extra.get("columns") else ""


OnBadRow = Callable[[BadRowError, Sequence[str]], None]
"""What is done with a row that cannot be read, though the next ones can; it gets the fields that are known."""


def refuse(error: BadRowError, _fields: Sequence[str]) -> None:
    """Refuse the file because of the row.

    Raises:
        BadRowError: always.
    """
    raise error
