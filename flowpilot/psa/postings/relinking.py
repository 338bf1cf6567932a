"""What waits to be posted follows its session to another ticket, unless a part of it is on the old one already."""

import uuid
from datetime import datetime

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.psa.postings import record
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.models import PsaPosting, State

_UNLINKED = "The session has no ticket any more. Link it to one, and this goes there; or abandon this posting."


async def relink(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, ticket_id: str | None, now: datetime
) -> None:
    """Let the postings of a session go to its new ticket, or hold them while it has none."""
    waiting = await db.scalars(
        select(PsaPosting.id)
        .where(
            PsaPosting.account_id == account_id,
            PsaPosting.ai_session_id == session_id,
            PsaPosting.state.in_([State.HELD, State.QUEUED, State.SENT]),
        )
        .order_by(PsaPosting.id)
    )
    for posting_id in list(waiting):
        loaded = await record.lock(db, account_id, posting_id)
        posting = loaded.posting
        if any(step.attempts for step in loaded.steps):
            posting.reason = f"A part of this may be on ticket {posting.ticket_id}, so the rest goes there, too."
        elif ticket_id is None:
            posting.state, posting.due_at, posting.reason = State.HELD, None, _UNLINKED
        else:
            await _follow(db, posting, ticket_id, now)
    await db.flush()


async def _follow(db: Db, posting: PsaPosting, ticket_id: str, now: datetime) -> None:
    was_unlinked = posting.reason == _UNLINKED
    posting.reason = f"The session moved from ticket {posting.ticket_id}, so this goes to {ticket_id}."
    posting.ticket_id = ticket_id
    if was_unlinked:
        posting.state, posting.due_at = State.QUEUED, now
        await give_turn(db, posting.account_id, posting.connection_id)
