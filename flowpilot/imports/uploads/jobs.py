"""The jobs of imports: load an upload, undo an import, and remove what was uploaded and is too old."""

import uuid

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.imports.undoing import UNDO_JOB, undo_run
from flowpilot.imports.uploads import service
from flowpilot.imports.uploads.loading import load_upload
from flowpilot.imports.uploads.models import ImportUpload
from flowpilot.jobs import IMPORT_QUEUE, RETRY, app, not_there, tools


@app.task(name=service.LOAD_JOB, queue=IMPORT_QUEUE, pass_context=True, retry=RETRY)
async def load(context: JobContext, account_id: str, upload_id: str) -> None:
    """Import the upload, unless somebody has stopped that."""
    database, account, upload = tools(context).database, uuid.UUID(account_id), uuid.UUID(upload_id)
    async with database.read(account) as db:
        is_there = await db.get(ImportUpload, (account, upload)) is not None
    if not is_there:
        not_there(context, f"upload {upload_id}")
        return
    await load_upload(database, account, upload)


@app.task(name=UNDO_JOB, queue=IMPORT_QUEUE, pass_context=True, retry=RETRY)
async def undo(context: JobContext, account_id: str, run_id: str) -> None:
    """Remove what the import brought."""
    used = tools(context)
    if not await undo_run(used.database, used.settings, uuid.UUID(account_id), uuid.UUID(run_id)):
        not_there(context, f"import {run_id}")


@app.task(name=service.EXPIRE_JOB, pass_context=True, retry=RETRY)
async def expire(context: JobContext, account_id: str, upload_id: str) -> None:
    """Remove the upload, unless it is being imported."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        await service.expire(db, account, uuid.UUID(upload_id), now())


@app.task(name="imports.expire_fetched", pass_context=True)
async def expire_fetched(_: JobContext, account_id: str) -> None:
    """Nothing: each machine removes what was fetched there. An earlier release has enqueued this."""
