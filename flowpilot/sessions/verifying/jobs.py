"""The job that reminds people to look at a fix again."""

import uuid
from datetime import datetime

from procrastinate import JobContext

from flowpilot.clock import now
from flowpilot.jobs import RETRY, app, not_there, tools
from flowpilot.sessions import hooks
from flowpilot.sessions.locking import SessionNotFoundError, lock
from flowpilot.sessions.verifying.service import LOOK_AGAIN_JOB


@app.task(name=LOOK_AGAIN_JOB, pass_context=True, retry=RETRY)
async def look_again(context: JobContext, account_id: str, session_id: str, look_again_at: str) -> None:
    """Remind people, unless it was put off meanwhile, or is over."""
    account = uuid.UUID(account_id)
    async with tools(context).database.write(account) as db:
        try:
            locked = await lock(db, account, uuid.UUID(session_id), now())
        except SessionNotFoundError:
            not_there(context, f"session {session_id}")
            return
        if locked.session.look_again_at == datetime.fromisoformat(look_again_at):
            for follow in hooks.on_due:
                await follow(db, locked.session, locked.moment)
