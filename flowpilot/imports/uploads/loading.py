"""The import of an upload: watched while it runs, and stopped when somebody asks."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event

from sqlalchemy import select, update

from flowpilot.clock import now
from flowpilot.db.failures import outage
from flowpilot.db.session import Database, Db
from flowpilot.errors import FlowPilotError
from flowpilot.imports.loader import ImportSummary, import_log
from flowpilot.imports.mapping.loading import mapping_of
from flowpilot.imports.models import ImportRun
from flowpilot.imports.progress import ImportProgress
from flowpilot.imports.uploads.models import ImportUpload, UploadState
from flowpilot.imports.uploads.policy import BUSY
from flowpilot.imports.uploads.queries import copied
from flowpilot.imports.uploads.service import drop_bytes

_LOOK_SECONDS = 0.5
_UNEXPECTED = "FlowPilot failed at this file, and nothing was imported. Its log says why: tell whoever runs it."


class ImportStoppedError(FlowPilotError):
    """Somebody asked to stop."""

    status = 409

    def __init__(self) -> None:
        super().__init__("The import was stopped. Nothing was imported.")


@dataclass(slots=True)
class Watched:
    """How far an import has come, written by its thread, and whether it is to stop, read by it."""

    step: ImportProgress | None = None
    stopping: Event = field(default_factory=Event)

    def see(self, step: ImportProgress) -> None:
        """Note a step.

        Raises:
            ImportStoppedError: it is to be the last.
        """
        self.step = step
        if self.stopping.is_set():
            raise ImportStoppedError


async def load_upload(database: Database, account_id: uuid.UUID, upload_id: uuid.UUID) -> None:
    """Import an upload that waits, and record what became of it. A job whose worker died does so again."""
    async with database.write(account_id) as db:
        upload = await _begin(db, account_id, upload_id)
    if upload is None:
        return
    started = now()
    try:
        async with copied(database, account_id, upload) as file:
            summary = await _watch(database, upload, file, started)
    except ImportStoppedError:
        await _end(database, upload, state=UploadState.STOPPED)
    except FlowPilotError as error:
        if outage(error) is not None:
            raise
        await _end(database, upload, state=UploadState.FAILED, problem=error.detail)
    except Exception as error:
        if outage(error) is None:
            await _end(database, upload, state=UploadState.FAILED, problem=_UNEXPECTED)
        raise
    else:
        async with database.write(account_id) as db:
            run_id = await _run_of(db, account_id, summary.already_imported_at or started)
            await _note(db, upload, state=UploadState.DONE, run_id=run_id, phase=None, fraction=None)
            await drop_bytes(db, account_id, upload_id)


async def _begin(db: Db, account_id: uuid.UUID, upload_id: uuid.UUID) -> ImportUpload | None:
    query = select(ImportUpload).where(ImportUpload.account_id == account_id, ImportUpload.id == upload_id)
    upload = await db.scalar(query.with_for_update())
    if upload is None or upload.state not in BUSY:
        return None
    upload.state = UploadState.LOADING
    return upload


async def _watch(database: Database, upload: ImportUpload, file: Path, started: datetime) -> ImportSummary:
    """Import the file in a thread, and meanwhile record how far it is, and whether it is to stop."""
    assert upload.mapping is not None
    watched, mapping = Watched(), mapping_of(upload.mapping)
    running = asyncio.create_task(
        asyncio.to_thread(
            import_log, database.url, upload.account_id, file, mapping, now=started, progress=watched.see
        )
    )
    try:
        while not running.done():
            await _look(database, upload, watched)
            await asyncio.wait({running}, timeout=_LOOK_SECONDS)
        return running.result()
    finally:
        # If this job is cancelled, its thread ends soon, and what it has written is undone.
        watched.stopping.set()


async def _look(database: Database, upload: ImportUpload, watched: Watched) -> None:
    step = watched.step
    said = {} if step is None else {"phase": step.phase, "fraction": min(1.0, max(0.0, step.fraction))}
    async with database.write(upload.account_id) as db:
        if await _note(db, upload, state=UploadState.LOADING, **said):
            watched.stopping.set()


async def _end(database: Database, upload: ImportUpload, **said: object) -> None:
    async with database.write(upload.account_id) as db:
        await _note(db, upload, phase=None, fraction=None, is_stopping=False, **said)


async def _note(db: Db, upload: ImportUpload, **said: object) -> bool:
    """Record something of an upload; whether somebody has asked to stop its import."""
    mine = (ImportUpload.account_id == upload.account_id, ImportUpload.id == upload.id)
    noted = update(ImportUpload).where(*mine).values(said).returning(ImportUpload.is_stopping)
    return bool(await db.scalar(noted.execution_options(synchronize_session=False)))


async def _run_of(db: Db, account_id: uuid.UUID, moment: datetime) -> uuid.UUID | None:
    """The import that was recorded at that moment: those of an account take turns."""
    query = select(ImportRun.id).where(ImportRun.account_id == account_id, ImportRun.created_at == moment)
    return await db.scalar(query.limit(1))
