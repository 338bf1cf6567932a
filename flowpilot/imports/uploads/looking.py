"""Look at an upload: its columns, and what importing it would bring. A few threads of their own do it.

An account has one look at a time, so that nobody's heavy file takes all threads; and a look has an end.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from flowpilot.db.session import Database
from flowpilot.errors import FlowPilotError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import Preview, preview_log
from flowpilot.imports.reading.limits import PreviewLimit
from flowpilot.imports.uploads.models import ImportUpload
from flowpilot.imports.uploads.policy import require_start
from flowpilot.imports.uploads.queries import copied, read_upload

# Of a longer file, so many rows are looked at: enough to see what is wrong, and read within seconds.
MOST_ROWS = 20_000
MOST_SECONDS = 30.0
# Each may start a process that holds a spreadsheet in memory.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="imports")

T = TypeVar("T")


class PreviewsBusyError(FlowPilotError):
    """Other files are being looked at."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "FlowPilot is busy looking at other files. Nothing is lost: open the page again in a minute.",
            headers={"Retry-After": "30"},
        )


class Turns:
    """Whose turn it is: each account looks at one file at a time, and waits so many seconds for that."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._locks: WeakValueDictionary[uuid.UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def one(self, account_id: uuid.UUID) -> AsyncIterator[None]:
        """The account's turn.

        Raises:
            PreviewsBusyError: it did not come in time.
        """
        lock = self._locks.setdefault(account_id, asyncio.Lock())
        try:
            async with asyncio.timeout(self._seconds):
                await lock.acquire()
        except TimeoutError:
            raise PreviewsBusyError from None
        try:
            yield
        finally:
            lock.release()


_TURNS = Turns(MOST_SECONDS)


async def with_file(
    database: Database, account_id: uuid.UUID, upload_id: uuid.UUID, work: Callable[[Path, PreviewLimit], T]
) -> tuple[ImportUpload, T]:
    """Look at the file of an upload, in a thread. No connection of the pool is held meanwhile.

    Raises:
        UploadNotFoundError: there is none.
        UploadBusyError: it is being imported, or was.
        PreviewsBusyError: other files are being looked at.
        PreviewTooLongError: from `work`, if it takes too long.
    """
    async with _TURNS.one(account_id):
        async with database.read(account_id) as db:
            upload = await read_upload(db, account_id, upload_id)
        require_start(upload.state)
        async with copied(database, account_id, upload) as file:
            return upload, await in_thread(_THREADS, MOST_SECONDS, partial(work, file))


async def in_thread(threads: ThreadPoolExecutor, seconds: float, work: Callable[[PreviewLimit], T]) -> T:
    """Do the work in one of the threads, in so many seconds from its beginning there.

    If this is cancelled, the work is told to stop, and waited for: its thread is taken for as long.

    Raises:
        PreviewsBusyError: no thread was free for so long.
    """
    loop = asyncio.get_running_loop()
    begun: asyncio.Future[PreviewLimit] = loop.create_future()

    def do() -> T:
        limit = PreviewLimit(MOST_ROWS, seconds)
        loop.call_soon_threadsafe(begun.set_result, limit)
        return work(limit)

    task = threads.submit(do)
    done = asyncio.wrap_future(task)
    try:
        either: set[asyncio.Future[Any]] = {begun, done}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if task.cancel():
            raise PreviewsBusyError
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        if not task.cancel():
            (await begun).stop()
            await asyncio.gather(done, return_exceptions=True)
        raise


@dataclass(frozen=True, slots=True)
class Previewer:
    """Previews files in an account."""

    url: str
    account_id: uuid.UUID
    now: datetime

    def preview(self, file: Path, limit: PreviewLimit, mapping: Mapping) -> Preview:
        """What importing the file's first rows would bring.

        Raises:
            LogFileError, BadRowError, UnusableRowsError: the file, or some of its rows, cannot be used.
            MappingError: the mapping names a column that the file does not have.
        """
        return preview_log(self.url, self.account_id, file, mapping, now=self.now, limit=limit)


async def preview_upload(
    database: Database, account_id: uuid.UUID, upload_id: uuid.UUID, mapping: Mapping, now: datetime
) -> Preview:
    """What importing an upload would bring. Raises what `with_file` and `Previewer` do."""
    previewer = Previewer(database.url, account_id, now)
    _, found = await with_file(database, account_id, upload_id, partial(previewer.preview, mapping=mapping))
    return found
