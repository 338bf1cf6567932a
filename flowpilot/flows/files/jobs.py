"""The job of flows' files: what no flow names any more is removed after a day."""

import uuid

from procrastinate import JobContext

from flowpilot.flows.files import keeping
from flowpilot.jobs import RETRY, app, tools


@app.task(name=keeping.REMOVE_JOB, pass_context=True, retry=RETRY)
async def remove_files(context: JobContext, account_id: str, attachment_ids: str) -> None:
    """Remove those of these files, whose ids have spaces between them, that no flow names."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        await keeping.remove_unnamed(db, account, [uuid.UUID(one) for one in attachment_ids.split()])
