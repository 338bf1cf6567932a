"""How a file is written. What is not said is found out by looking at the file."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "spreadsheet", "json", "xes"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written; None means: look.

    `delimiter`, `encoding`, `quote` and `header_line` are of CSV files, `sheet` is the name of a spreadsheet's
    sheet, and `records` the path to the list of records in a JSON document, as in "result.items".
    """

    kind: Kind | None = None
    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    header_line: int = 1
    sheet: str | None = None
    records: str | None = None
