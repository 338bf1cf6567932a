"""The job that asks resolved sessions what the flows lack."""

import uuid
from datetime import datetime, timedelta

from procrastinate import JobContext
from sqlalchemy import select

from flowpilot.clock import now
from flowpilot.db.session import Db
from flowpilot.jobs import KNOWLEDGE_QUEUE, RETRY, app, enqueue, not_there, take_waiting, tools
from flowpilot.knowledge.analysis import analyse
from flowpilot.sessions.models import AISession, SessionStatus

ANALYSE_JOB = "knowledge.analyse"

# What is resolved meanwhile is analysed together. An analysis costs much, and nobody waits for it.
GATHERING = timedelta(minutes=1)


def lock_of(account_id: uuid.UUID) -> str:
    """The lock that lets one analysis of an account run at a time."""
    return f"knowledge {account_id}"


async def analyse_when_resolved(
    db: Db, session: AISession, _by: uuid.UUID | None, moment: datetime, _reason: str = ""
) -> None:
    """Queue the analysis of a session that was resolved, or edited afterwards."""
    if session.status == SessionStatus.RESOLVED:
        enqueue(
            db,
            ANALYSE_JOB,
            queue=KNOWLEDGE_QUEUE,
            at=moment + GATHERING,
            lock=lock_of(session.account_id),
            account_id=session.account_id,
            session_id=session.id,
        )


@app.task(name=ANALYSE_JOB, queue=KNOWLEDGE_QUEUE, pass_context=True, retry=RETRY)
async def analyse_sessions(context: JobContext, account_id: str, session_id: str) -> None:
    """Let a resolved session propose what the flows lack, and with it all that wait for the same."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        its_id = select(AISession.id).where(AISession.account_id == account, AISession.id == uuid.UUID(session_id))
        if await db.scalar(its_id) is None:
            not_there(context, f"session {session_id}")
            return
        ids = [session_id]
        # After a failure alone: so one session that cannot be analysed holds up no other for long.
        if context.job.attempts == 0:
            ids += [each["session_id"] for each in await take_waiting(db, ANALYSE_JOB, lock_of(account))]
        await analyse(db, account, [uuid.UUID(id_) for id_ in dict.fromkeys(ids)], now())
