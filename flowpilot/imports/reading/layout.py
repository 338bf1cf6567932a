"""How a file is written. What is not said is found out by looking at the file."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["csv", "spreadsheet", "json", "xes"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written; None means: look.

    `delimiter`, `encoding` and `quote` are of CSV files. The header is not above `header_line`. `sheet` names the
    one to read of a spreadsheet, and `records` the path to a list of records in JSON, as in "result.items".
    """

    kind: Kind | None = None
    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    header_line: int = 1
    sheet: str | None = None
    records: str | None = None
