"""The rows that a figure counts as CSV, and how a CSV is sent."""

from collections.abc import AsyncIterator, Iterator
from tempfile import SpooledTemporaryFile
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from flowpilot.analytics.period import Window
from flowpilot.analytics.rows.base import Item, RowFilter, RowKind
from flowpilot.analytics.rows.reading import stream_rows
from flowpilot.db.session import ReadDb
from flowpilot.http.csv import csv_lines

MOST_ROWS = 100_000
MEDIA_TYPE = "text/csv; charset=utf-8"

# What is larger waits on the disk until it is sent, rather than in memory.
_IN_MEMORY = 1_000_000
_CHUNK = 65_536


async def rows_csv(db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter) -> AsyncIterator[str]:
    """The rows, the newest first, after lines that say what was asked; at most `MOST_ROWS` of them.

    Where there are more, a last line says so.
    """
    yield f"# rows: {kind.name}\n"
    yield f"# window: {window.start.isoformat()} to {window.to.isoformat()}, as of {window.as_of.isoformat()}\n"
    # Encoded as in the address, so that nobody's words can break the line or begin a cell.
    yield f"# filters: {urlencode(row_filter.model_dump(mode='json', exclude_none=True), doseq=True)}\n"
    yield csv_lines([kind.item.model_fields])
    n = 0
    async for items in stream_rows(db, window, kind, row_filter, MOST_ROWS + 1):
        shown = items[: MOST_ROWS - n]
        n += len(items)
        yield csv_lines(item.model_dump(mode="json").values() for item in shown)
    if n > MOST_ROWS:
        yield f"# There are more than these {MOST_ROWS:,} newest rows: shorten the window to see the others.\n"


async def rows_response(db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter) -> Response:
    """The rows as a file to keep. They are all read before the first is sent, in the request's one transaction."""
    file = SpooledTemporaryFile(_IN_MEMORY, mode="w+b")  # noqa: SIM115 - closed when it has been sent
    try:
        async for lines in rows_csv(db, window, kind, row_filter):
            file.write(lines.encode())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    chunks: Iterator[bytes] = iter(lambda: file.read(_CHUNK), b"")
    return StreamingResponse(
        chunks, media_type=MEDIA_TYPE, headers=attachment(kind.name, window), background=BackgroundTask(file.close)
    )


def attachment(name: str, window: Window) -> dict[str, str]:
    """The header that gives the file its name: what it has, and the days of the window."""
    zone = ZoneInfo(window.timezone)
    first, last = window.start.astimezone(zone).date(), window.to.astimezone(zone).date()
    return {"Content-Disposition": f'attachment; filename="flowpilot-{name}-{first}-to-{last}.csv"'}
