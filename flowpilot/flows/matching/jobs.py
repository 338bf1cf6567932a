"""The job that fills in what flows mean, after the extra for that was installed or its model has changed."""

import uuid

from procrastinate import JobContext

from flowpilot.flows.matching.index import index_missing
from flowpilot.flows.matching.meanings import FILL_JOB
from flowpilot.jobs import KNOWLEDGE_QUEUE, RETRY, app, tools


@app.task(name=FILL_JOB, queue=KNOWLEDGE_QUEUE, pass_context=True, retry=RETRY)
async def fill(context: JobContext, account_id: str) -> None:
    """Keep the meanings that are missing."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        await index_missing(db, account)
