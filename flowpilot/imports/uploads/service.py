"""Keep an upload, start and stop its import, and remove it."""

import io
import uuid
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import psycopg
from sqlalchemy import delete, func, insert, select

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, InvalidError
from flowpilot.http.body_limits import MAX_BYTES
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit import log as audit
from flowpilot.imports.mapping.loading import draft_of
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.reading.foreign import no_export
from flowpilot.imports.uploads.models import ImportChunk, ImportUpload, UploadState
from flowpilot.imports.uploads.policy import BUSY, may_stop, require_start
from flowpilot.imports.uploads.queries import UploadNotFoundError, file_name
from flowpilot.jobs import IMPORT_QUEUE, DueJob, enqueue
from flowpilot.settings import Settings

LOAD_JOB = "imports.load"
EXPIRE_JOB = "imports.expire"
KEPT = timedelta(days=1)
# An import that has not ended by then has nobody who works on it.
_LONGEST = timedelta(days=7)
CHUNK_BYTES = 256 * 1024
# More files are not looked at side by side.
MOST_KEPT = 10


class UploadRefusedError(InvalidError):
    """The file cannot be kept."""


class TooManyUploadsError(ConflictError):
    """The account keeps as many uploads as it may."""


def most_of_an_upload(settings: Settings) -> int:
    """How many bytes a request with a log may have."""
    return MAX_BYTES + settings.import_megabytes * 1_000_000


async def keep(db: Db, settings: Settings, actor: Actor, file: BinaryIO, name: str, now: datetime) -> ImportUpload:
    """Keep a file for a day, in chunks, so that it can be looked at and imported.

    Raises:
        UploadRefusedError: it is empty or too large, or no export.
        TooManyUploadsError: others have to be removed first.
    """
    size = _size(file, settings)
    if (instead := no_export(file, file_name(name))) is not None:
        raise UploadRefusedError(instead, field="file")
    await _remove_old(db, actor.account_id, now)
    kept = select(func.count()).select_from(ImportUpload)
    busy = ImportUpload.state != UploadState.DONE
    if (await db.scalar(kept.where(ImportUpload.account_id == actor.account_id, busy)) or 0) >= MOST_KEPT:
        raise TooManyUploadsError(f"{MOST_KEPT} uploaded files are waiting already. Import or remove one first.")
    upload = ImportUpload(
        account_id=actor.account_id,
        id=new_id(),
        name=file_name(name),
        byte_count=size,
        created_by=actor.user_id,
        created_at=now,
        state=UploadState.KEPT,
    )
    db.add(upload)
    await db.flush()
    for position, piece in enumerate(iter(lambda: file.read(CHUNK_BYTES), b"")):
        chunk = {"upload_id": upload.id, "position": position, "content": piece}
        await db.execute(insert(ImportChunk).values(account_id=actor.account_id, **chunk))
    enqueue(db, EXPIRE_JOB, at=now + KEPT, account_id=actor.account_id, upload_id=upload.id)
    return upload


def _size(file: BinaryIO, settings: Settings) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not size:
        raise UploadRefusedError("This file is empty. Choose the export itself.", field="file")
    if size > settings.import_megabytes * 1_000_000:
        raise UploadRefusedError(
            f"This file is larger than {settings.import_megabytes} MB, which is the most. Pack it as .gz or .zip, "
            "or import it on the server: flowpilot import FILE.",
            field="file",
        )
    return size


async def keep_choices(db: Db, actor: Actor, upload_id: uuid.UUID, choices: dict[str, Any]) -> None:
    """Keep what the page's form says, so that it says so again when the page is opened again.

    Raises:
        UploadNotFoundError: there is none.
    """
    upload = await _locked(db, actor.account_id, upload_id)
    upload.choices = choices


async def start(db: Db, actor: Actor, upload_id: uuid.UUID, mapping: Mapping, now: datetime) -> ImportUpload:
    """Import an upload with this mapping, by a job.

    Raises:
        UploadNotFoundError: there is none.
        UploadBusyError: it is being imported, or was.
    """
    upload = await _locked(db, actor.account_id, upload_id)
    require_start(upload.state)
    upload.state, upload.mapping = UploadState.WAITING, draft_of(mapping)
    upload.phase = upload.fraction = upload.problem = None
    upload.is_stopping = False
    said = {"file": upload.name, "mapping": mapping.name}
    target = ("import_upload", upload.id)
    await audit.record(db, actor.account_id, actor.user_id, "import.started", target, at=now, after=said)
    enqueue(db, LOAD_JOB, lock=f"import {actor.account_id}", account_id=actor.account_id, upload_id=upload.id)
    return upload


async def stop(db: Db, actor: Actor, upload_id: uuid.UUID) -> ImportUpload:
    """Ask that the import of an upload stops: then nothing of it is kept. One that has ended stays as it is.

    Raises:
        UploadNotFoundError: there is none.
    """
    upload = await _locked(db, actor.account_id, upload_id)
    if upload.state == UploadState.WAITING:
        upload.state = UploadState.STOPPED
    elif may_stop(upload.state):
        upload.is_stopping = True
    return upload


async def discard(db: Db, actor: Actor, upload_id: uuid.UUID) -> None:
    """Remove an upload.

    Raises:
        UploadNotFoundError: there is none.
        UploadBusyError: it is being imported.
    """
    upload = await _locked(db, actor.account_id, upload_id)
    if upload.state in BUSY:
        require_start(upload.state)
    await _remove(db, actor.account_id, upload_id)


async def expire(db: Db, account_id: uuid.UUID, upload_id: uuid.UUID, now: datetime) -> None:
    """Remove an upload after its day; if it is being imported, a day later, but after a week in any case."""
    query = select(ImportUpload).where(ImportUpload.account_id == account_id, ImportUpload.id == upload_id)
    upload = await db.scalar(query.with_for_update())
    if upload is not None and upload.state in BUSY and now - upload.created_at < _LONGEST:
        enqueue(db, EXPIRE_JOB, at=now + KEPT, account_id=account_id, upload_id=upload_id)
    elif upload is not None:
        await _remove(db, account_id, upload_id)


async def _remove_old(db: Db, account_id: uuid.UUID, now: datetime) -> None:
    """Remove uploads that should be gone, because the job that removes them failed for good."""
    query = select(ImportUpload.id).where(
        ImportUpload.account_id == account_id, ImportUpload.created_at < now - _LONGEST
    )
    for upload_id in (await db.scalars(query)).all():
        await _remove(db, account_id, upload_id)


async def drop_bytes(db: Db, account_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Remove the file itself; what became of it stays known."""
    await db.execute(
        delete(ImportChunk).where(ImportChunk.account_id == account_id, ImportChunk.upload_id == upload_id)
    )


async def _remove(db: Db, account_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    await drop_bytes(db, account_id, upload_id)
    await db.execute(
        delete(ImportUpload).where(ImportUpload.account_id == account_id, ImportUpload.id == upload_id)
    )


async def _locked(db: Db, account_id: uuid.UUID, upload_id: uuid.UUID) -> ImportUpload:
    query = select(ImportUpload).where(ImportUpload.account_id == account_id, ImportUpload.id == upload_id)
    found = await db.scalar(query.with_for_update())
    if found is None:
        raise UploadNotFoundError
    return found


_UPLOADS = "SELECT id, state, created_at FROM import_uploads WHERE account_id = %s ORDER BY id"


def due_jobs(connection: psycopg.Connection, account_id: uuid.UUID, now: datetime) -> list[DueJob]:
    """What imports an upload, and what removes it."""
    due = []
    for upload_id, state, created_at in connection.execute(_UPLOADS, [account_id]):
        said = {"account_id": account_id, "upload_id": upload_id}
        due.append(DueJob(EXPIRE_JOB, max(now, created_at + KEPT), said))
        if state in BUSY:
            due.append(DueJob(LOAD_JOB, now, said, lock=f"import {account_id}", queue=IMPORT_QUEUE))
    return due
