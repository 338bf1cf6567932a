"""The job that asks each resolved session what the flows lack."""

import uuid

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.db.session import Db
from flowpilot.jobs import KNOWLEDGE_QUEUE, RETRY, app, enqueue, tools
from flowpilot.knowledge.analysis import analyse
from flowpilot.sessions.models import AISession, SessionStatus

ANALYSE_JOB = "knowledge.analyse"


async def analyse_when_resolved(db: Db, session: AISession, *_: object) -> None:
    """Queue the analysis of a session that was resolved. The lock lets one of an account run at a time."""
    if session.status == SessionStatus.RESOLVED:
        await enqueue(
            db,
            ANALYSE_JOB,
            queue=KNOWLEDGE_QUEUE,
            lock=f"knowledge {session.account_id}",
            account_id=session.account_id,
            session_id=session.id,
        )


@app.task(name=ANALYSE_JOB, queue=KNOWLEDGE_QUEUE, pass_context=True, retry=RETRY)
async def analyse_session(context: JobContext, account_id: str, session_id: str) -> None:
    """Let a resolved session propose what the flows lack."""
    async with tools(context).database.write(uuid.UUID(account_id)) as db:
        await analyse(db, uuid.UUID(account_id), uuid.UUID(session_id), now())
