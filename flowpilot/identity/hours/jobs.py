"""The job of working hours: counting past times again by hours that have changed for the past."""

import asyncio
import uuid

from procrastinate import JobContext

from flowpilot.db.bulk import account_transaction
from flowpilot.identity.hours.recount import recounts
from flowpilot.identity.hours.service import RECOUNT_JOB
from flowpilot.jobs import IMPORT_QUEUE, RETRY, app, tools


@app.task(name=RECOUNT_JOB, queue=IMPORT_QUEUE, pass_context=True, retry=RETRY)
async def recount(context: JobContext, account_id: str) -> None:
    """Count the working times of an account again."""
    await asyncio.to_thread(count_again, tools(context).database.url, uuid.UUID(account_id))


def count_again(url: str, account_id: uuid.UUID) -> None:
    """Do it now, as the runtime role."""
    with account_transaction(url, account_id) as connection:
        for one in recounts:
            one(connection, account_id)
