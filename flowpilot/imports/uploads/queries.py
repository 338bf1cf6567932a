"""Reads of uploads. Only `copied` reads their bytes, a few chunks at a time."""

import shutil
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path, PureWindowsPath
from tempfile import TemporaryDirectory, gettempdir

from sqlalchemy import select

from flowpilot.db.session import Database, ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.imports.uploads.models import ImportChunk, ImportUpload

_CHUNKS_AT_ONCE = 16
_LONGEST_NAME = 120
_COPY = "flowpilot-import-"
# No import reads for so long: what is older belongs to a process that was killed.
_LEFT_BEHIND = timedelta(days=1)


class UploadNotFoundError(NotFoundError):
    """There is no such upload in the account, or it was removed after a day."""

    def __init__(self) -> None:
        super().__init__("This file is no longer here: uploads are removed after a day. Upload it again.")


async def read_upload(db: ReadDb, account_id: uuid.UUID, upload_id: uuid.UUID) -> ImportUpload:
    """An upload.

    Raises:
        UploadNotFoundError: there is none.
    """
    query = select(ImportUpload).where(ImportUpload.account_id == account_id, ImportUpload.id == upload_id)
    found = await db.scalar(query)
    if found is None:
        raise UploadNotFoundError
    return found


async def list_uploads(db: ReadDb, account_id: uuid.UUID) -> Sequence[ImportUpload]:
    """The uploads of an account, the newest first."""
    query = select(ImportUpload).where(ImportUpload.account_id == account_id).order_by(ImportUpload.id.desc())
    return (await db.scalars(query)).all()


@asynccontextmanager
async def copied(database: Database, account_id: uuid.UUID, upload: ImportUpload) -> AsyncIterator[Path]:
    """A copy of the file on this machine, with its name, as long as the context lasts.

    Each read is a transaction of its own, so that no connection is held meanwhile.
    """
    with TemporaryDirectory(prefix=_COPY) as folder:
        path = Path(folder) / file_name(upload.name)
        with path.open("wb") as file:
            async for piece in _pieces(database, account_id, upload.id):
                file.write(piece)
        yield path


def remove_left_behind(moment: datetime) -> None:
    """Remove copies of processes that were killed."""
    for folder in Path(gettempdir()).glob(f"{_COPY}*"):
        with suppress(OSError):
            if folder.stat().st_mtime < (moment - _LEFT_BEHIND).timestamp():
                shutil.rmtree(folder, ignore_errors=True)


def file_name(sent: str) -> str:
    """The name of a file as it was sent, without folders and what a file's name cannot have."""
    name = "".join(character for character in PureWindowsPath(sent).name if character.isprintable())
    while len(name.encode()) > _LONGEST_NAME:
        name = name[1:]  # Its end says what it is.
    return name.strip(" .") or "log"


async def _pieces(database: Database, account_id: uuid.UUID, upload_id: uuid.UUID) -> AsyncIterator[bytes]:
    position, is_over = 0, False
    while not is_over:
        query = (
            select(ImportChunk.content)
            .where(
                ImportChunk.account_id == account_id,
                ImportChunk.upload_id == upload_id,
                ImportChunk.position >= position,
                ImportChunk.position < position + _CHUNKS_AT_ONCE,
            )
            .order_by(ImportChunk.position)
        )
        async with database.read(account_id) as db:
            found = (await db.scalars(query)).all()
        for piece in found:
            yield piece
        position, is_over = position + len(found), len(found) < _CHUNKS_AT_ONCE
