"""The job of files: an upload that is attached to nothing after a day is removed."""

import uuid

from procrastinate import JobContext

from flowpilot.attachments import service
from flowpilot.jobs import RETRY, app, tools


@app.task(name=service.EXPIRE_JOB, pass_context=True, retry=RETRY)
async def expire(context: JobContext, account_id: str, attachment_id: str) -> None:
    """Remove the upload unless it belongs to something by now."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        await service.expire(db, account, uuid.UUID(attachment_id))
