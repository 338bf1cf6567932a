"""Keeping the words of a session as the session is, in the transaction that changes it."""

import uuid
from collections.abc import Sequence

from sqlalchemy import cast, func, select, update
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR

from flowpilot.db.session import Db
from flowpilot.db.together import write_together
from flowpilot.sessions.edits.words import written
from flowpilot.sessions.models import AISession, AISessionStep, StepKind
from flowpilot.sessions.search.models import SessionText
from flowpilot.sessions.search.words import words_of

# They say words of the flow, unless somebody wrote some, and take none away.
_OF_FLOWS = frozenset({StepKind.ANSWER, StepKind.OUTCOME, StepKind.FLOW, StepKind.ENTER, StepKind.TICK})


def text_of(session: AISession, steps: Sequence[AISessionStep]) -> SessionText:
    """What a session with these steps is found by."""
    return SessionText(account_id=session.account_id, id=session.id, words=words_of(session, steps))


async def keep_words(db: Db, session: AISession, steps: Sequence[AISessionStep]) -> None:
    """Write what the session is found by from now on. `steps` are all of it."""
    await write_together(db, replacing=text_of(session, steps))


def step_kept(session: AISession, steps: Sequence[AISessionStep]) -> SessionText | None:
    """What it is found by after the last of these steps; None if that changes none of the words."""
    step, known = steps[-1], {session.user_id, *(one.actor_id for one in steps[:-1])}
    if step.kind not in _OF_FLOWS or written(step) or step.actor_id not in known:
        return text_of(session, steps)
    return None


async def follow_client(db: Db, account_id: uuid.UUID, before: uuid.UUID, now: uuid.UUID) -> None:
    """Find sessions that have gone from one client to another by the names of that one."""
    theirs = select(AISession.id).where(AISession.account_id == account_id, AISession.client_id == now)
    moved = func.ts_delete(SessionText.words, str(before)).op("||")(cast(str(now), TSVECTOR()))
    had = SessionText.words.op("@@")(cast(str(before), TSQUERY()))
    follow = update(SessionText).where(SessionText.account_id == account_id, SessionText.id.in_(theirs), had)
    await db.execute(follow.values(words=moved), execution_options={"synchronize_session": False})
