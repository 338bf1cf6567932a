"""The rows that a figure counts as CSV."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import urlencode

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from flowpilot.analytics.files import file_headers
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows.base import Item, RowFilter, RowKind
from flowpilot.analytics.rows.reading import stream_rows
from flowpilot.db.session import ReadDb
from flowpilot.http.csv import MEDIA_TYPE, csv_lines

MOST_ROWS = 100_000

# A larger file waits on the disk until it is sent, rather than in memory.
_IN_MEMORY = 1_000_000
# Many proxies allow 4 KB for all headers of an answer.
_LONGEST_HEADER = 2000
_CHUNK = 65_536


async def rows_response(db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter) -> Response:
    """The newest rows, `MOST_ROWS` at most, as a file.

    Its headers have the window and the filters. If there are more rows, they and the file's name say so. All
    rows are read before the first is sent, in the request's one transaction.
    """
    file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY, mode="w+b")  # noqa: SIM115 - Closed when it has been sent.
    try:
        is_truncated = await _write(file, db, window, kind, row_filter)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    chunks: Iterator[bytes] = iter(lambda: file.read(_CHUNK), b"")
    headers = {
        **file_headers(kind.name, window, ending=f"-newest-{MOST_ROWS}" if is_truncated else ""),
        **_filters_header(row_filter),
        "FlowPilot-Truncated": str(is_truncated).lower(),
    }
    return StreamingResponse(chunks, media_type=MEDIA_TYPE, headers=headers, background=BackgroundTask(file.close))


def _filters_header(row_filter: RowFilter) -> dict[str, str]:
    """The filters, written as in an address, so that no text can break the line; none if that is too long."""
    given = row_filter.model_dump(mode="json", exclude_none=True)
    words = {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
    header = urlencode(words, doseq=True)
    return {"FlowPilot-Filters": header} if len(header) <= _LONGEST_HEADER else {}


async def _write(file: IO[bytes], db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter) -> bool:
    """Write the header line and the rows; True if there are more of them."""
    file.write(csv_lines([kind.item.model_fields]).encode())
    n = 0
    async for items in stream_rows(db, window, kind, row_filter, MOST_ROWS + 1):
        shown = items[: MOST_ROWS - n]
        file.write(csv_lines(item.model_dump(mode="json").values() for item in shown).encode())
        n += len(items)
    return n > MOST_ROWS
