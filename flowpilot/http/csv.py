"""CSV, as a spreadsheet opens it. This is the only place that writes it."""

import csv
import io
from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

from fastapi import Query

MEDIA_TYPE = "text/csv; charset=utf-8"

# Without it, Excel reads UTF-8 as the code page of its country; a program would take it for part of the header.
BYTE_ORDER_MARK = "\ufeff"

Bom = Annotated[
    bool,
    Query(description="Begin with a byte order mark, so that Excel shows letters such as ä as they are."),
]

# A spreadsheet runs text that begins with one of these as a formula (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - The wide characters are intended.

T = TypeVar("T")


def csv_lines(rows: Iterable[Iterable[Any]]) -> str:
    """The rows as lines of CSV. Values are written as in JSON, but null is empty and text is never a formula."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([_cell(value) for value in row] for row in rows)
    return file.getvalue()


def csv_start(*, bom: bool) -> str:
    """What a file begins with, before its header."""
    return BYTE_ORDER_MARK if bom else ""


def attachment(name: str, kind: str = "csv") -> dict[str, str]:
    """The header that makes an answer a file of that name and kind."""
    return {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}


def safe_cell(value: T) -> T | str:
    """The value as a cell. An apostrophe goes before text that would be a formula; numbers stay as they are."""
    if isinstance(value, str) and (value.startswith(("\t", "\r", "\n")) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return value


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else safe_cell(value)
