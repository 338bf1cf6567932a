"""The jobs of sessions: abandoning idle ones, and asking the copilot what to do next."""

import uuid

from procrastinate import JobContext
from sqlalchemy.dialects.postgresql import insert

from flowpilot.clock import now
from flowpilot.copilot.propose import suggest_next
from flowpilot.db.base import new_id
from flowpilot.jobs import COPILOT_QUEUE, RETRY, app, not_there, tools
from flowpilot.sessions import idle, policy, service
from flowpilot.sessions.locking import SessionNotFoundError, lock
from flowpilot.sessions.models import SessionSuggestion
from flowpilot.sessions.queries import case_of, read_session
from flowpilot.sessions.suggestions.queries import read_suggestion
from flowpilot.sessions.transitions import OPEN, Action

SUGGEST_JOB = "sessions.suggest"


@app.task(name=idle.IDLE_JOB, pass_context=True, retry=RETRY)
async def abandon_idle(context: JobContext, account_id: str, session_id: str) -> None:
    """Abandon a session past its account's idle limit, or check again later while it is open."""
    account, moment = uuid.UUID(account_id), now()
    async with tools(context).database.write(account) as db:
        try:
            locked = await lock(db, account, uuid.UUID(session_id), moment)
        except SessionNotFoundError:
            not_there(context, f"session {session_id}")
            return
        session = locked.session
        if session.status not in OPEN:
            return
        limit, idle_since = await idle.idle_limit(db, session), idle.idle_since(session)
        is_over = limit is not None and idle_since is not None and idle_since + limit <= moment
        is_remembered = policy.is_unassigned(session) or policy.waits(session)
        if is_over and session.status in idle.MAY_LIE_IDLE and not is_remembered:
            assert limit is not None
            await service.transition(db, locked, Action.ABANDON, None, idle.reason(limit))
        else:
            await idle.watch_again(db, session, moment)


@app.task(name=SUGGEST_JOB, queue=COPILOT_QUEUE, pass_context=True, retry=RETRY)
async def suggest(context: JobContext, account_id: str, session_id: str) -> None:
    """Ask the copilot for the next step of a session without a flow, and keep its answer."""
    account, moment, database = uuid.UUID(account_id), now(), tools(context).database
    try:
        async with database.read(account) as db:
            history = await read_session(db, account, uuid.UUID(session_id))
            _, dismissed = await read_suggestion(db, history)
    except SessionNotFoundError:
        not_there(context, f"session {session_id}")
        return
    if history.session.status not in OPEN or history.tree is not None:
        return
    suggestion = await suggest_next(tools(context), account, case_of(history, dismissed=dismissed), moment)
    row = {
        "account_id": account,
        "id": new_id(),
        "session_id": history.session.id,
        "position": history.session.step_count,
        "content": suggestion.model_dump(mode="json"),
        "created_at": moment,
    }
    async with database.write(account) as db:
        locked = await lock(db, account, history.session.id, moment)
        # It may repeat words that were removed for good while the copilot was thinking.
        if locked.session.removals != history.session.removals:
            return
        await db.execute(insert(SessionSuggestion).values(row).on_conflict_do_nothing())
