"""Look at an upload: its columns, and what importing it would bring. A few threads of their own do it."""

import asyncio
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from flowpilot.db.session import Database
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import Preview, preview_log
from flowpilot.imports.uploads.models import ImportUpload
from flowpilot.imports.uploads.policy import require_start
from flowpilot.imports.uploads.queries import copied, read_upload

# Of a longer file, so many rows are looked at: enough to see what is wrong, and read within seconds.
MOST_ROWS = 20_000

# Each may hold a spreadsheet in memory.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="imports")

T = TypeVar("T")


async def with_file(
    database: Database, account_id: uuid.UUID, upload_id: uuid.UUID, work: Callable[[Path], T]
) -> tuple[ImportUpload, T]:
    """Do something with the file of an upload, in a thread. No connection of the pool is held meanwhile.

    Raises:
        UploadNotFoundError: there is none.
        UploadBusyError: it is being imported, or was.
    """
    async with database.read(account_id) as db:
        upload = await read_upload(db, account_id, upload_id)
    require_start(upload.state)
    async with copied(database, account_id, upload) as file:
        return upload, await asyncio.get_running_loop().run_in_executor(_THREADS, work, file)


@dataclass(frozen=True, slots=True)
class Previewer:
    """Previews files in an account."""

    url: str
    account_id: uuid.UUID
    now: datetime

    def preview(self, file: Path, mapping: Mapping) -> Preview:
        """What importing the file's first rows would bring.

        Raises:
            LogFileError, BadRowError: the file, or one of its rows, cannot be used.
            MappingError: the mapping names a column that the file does not have.
        """
        return preview_log(self.url, self.account_id, file, mapping, now=self.now, most_rows=MOST_ROWS)


async def preview_upload(
    database: Database, account_id: uuid.UUID, upload_id: uuid.UUID, mapping: Mapping, now: datetime
) -> Preview:
    """What importing an upload would bring. Raises what `with_file` and `Previewer` do."""
    previewer = Previewer(database.url, account_id, now)
    _, found = await with_file(database, account_id, upload_id, partial(previewer.preview, mapping=mapping))
    return found
