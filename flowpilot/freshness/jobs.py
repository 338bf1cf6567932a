"""The job that examines the flows of an account once a day."""

import uuid
from datetime import datetime

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.freshness.checking import check_flows
from flowpilot.freshness.schedule import CHECK_JOB, schedule_next
from flowpilot.jobs import KNOWLEDGE_QUEUE, RETRY, app, not_there, tools


@app.task(name=CHECK_JOB, queue=KNOWLEDGE_QUEUE, pass_context=True, retry=RETRY)
async def check(context: JobContext, account_id: str, due_at: str) -> None:
    """Schedule tomorrow's check, which a check that fails does not prevent, and examine the flows."""
    account, database = uuid.UUID(account_id), tools(context).database
    async with database.write(account) as db:
        if not await schedule_next(db, account, datetime.fromisoformat(due_at), now()):
            not_there(context, f"the time of the next check of account {account_id}")
            return
    async with database.write(account) as db:
        await check_flows(db, account, now())
