"""The rows that a figure counts as a file: CSV, or a spreadsheet."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

from fastapi import Response
from fastapi.responses import StreamingResponse
from starlette.background import BackgroundTask

from flowpilot.analytics.files import defined_by, file_headers, filters_header, write_about
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows.base import Item, RowFilter, RowKind
from flowpilot.analytics.rows.reading import stream_rows
from flowpilot.db.session import ReadDb
from flowpilot.http import csv, xlsx

MOST_ROWS = 100_000

# A larger file waits on the disk until it is sent, rather than in memory.
_IN_MEMORY = 1_000_000
_CHUNK = 65_536

Batches = AsyncIterator[list[Item]]


async def csv_response(
    db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter, *, bom: bool
) -> Response:
    """The newest rows, `MOST_ROWS` at most, as CSV. If there are more, its headers and its name say so."""

    async def write(file: IO[bytes]) -> bool:
        file.write((csv.csv_start(bom=bom) + csv.csv_lines([kind.item.model_fields])).encode())
        counted = _Counted()
        async for items in counted.cut(stream_rows(db, window, kind, row_filter, MOST_ROWS + 1)):
            file.write(csv.csv_lines(item.model_dump(mode="json").values() for item in items).encode())
        return counted.is_truncated

    return await _response(write, "csv", csv.MEDIA_TYPE, window, kind, row_filter)


async def xlsx_response(db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter) -> Response:
    """The same rows as a spreadsheet, whose second sheet has the window and the filters.

    Writing one takes long, so it is done beside the server's other work.
    """

    async def write(file: IO[bytes]) -> bool:
        zone = ZoneInfo(window.timezone)
        with xlsx.spreadsheet(file, zone) as book:
            sheet = book.sheet(kind.name.capitalize())
            sheet.header(kind.item.model_fields)
            counted = _Counted()
            async for items in counted.cut(stream_rows(db, window, kind, row_filter, MOST_ROWS + 1)):
                await asyncio.to_thread(sheet.rows, [item.model_dump().values() for item in items])
            note = f"Only the newest {MOST_ROWS:,} rows. Shorten the window to get the others."
            write_about(
                book,
                window,
                what=kind.description,
                filters=_words(row_filter) | window.only.asked,
                note=note if counted.is_truncated else "",
            )
            await asyncio.to_thread(book.close)
        return counted.is_truncated

    return await _response(write, "xlsx", xlsx.MEDIA_TYPE, window, kind, row_filter)


class _Counted:
    """Counts the rows that were read; one too many says that there are more."""

    def __init__(self) -> None:
        self._n = 0

    @property
    def is_truncated(self) -> bool:
        return self._n > MOST_ROWS

    async def cut(self, batches: "Batches[Item]") -> "Batches[Item]":
        async for items in batches:
            yield items[: MOST_ROWS - self._n]
            self._n += len(items)


async def _response(
    write: Callable[[IO[bytes]], Awaitable[bool]],
    ending: str,
    media_type: str,
    window: Window,
    kind: RowKind[Any],
    row_filter: RowFilter,
) -> Response:
    """The file that is written, sent once it is complete: all is read in the request's one transaction."""
    file: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY, mode="w+b")  # noqa: SIM115 - Closed when it has been sent.
    try:
        is_truncated = await write(file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    chunks: Iterator[bytes] = iter(lambda: file.read(_CHUNK), b"")
    filters = _words(row_filter) | window.only.asked
    newest = f"-newest-{MOST_ROWS}" if is_truncated else ""
    headers = {
        **file_headers(kind.name, window, ending=newest, kind=ending),
        **filters_header(filters),
        **defined_by(),
        "FlowPilot-Truncated": str(is_truncated).lower(),
    }
    return StreamingResponse(chunks, media_type=media_type, headers=headers, background=BackgroundTask(file.close))


def _words(row_filter: RowFilter) -> dict[str, Any]:
    given = row_filter.model_dump(mode="json", exclude_none=True)
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}
