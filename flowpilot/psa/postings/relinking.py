"""What waits to be posted follows its session to another ticket, unless a part of it is on the old one already."""

import uuid
from datetime import datetime

from sqlalchemy import select, true

from flowpilot.db.session import Db
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.postings import rollup
from flowpilot.psa.postings.lanes import give_turn
from flowpilot.psa.postings.loaded import LoadedPosting, lock
from flowpilot.psa.postings.models import IS_OF_POSTING, STATUS_LEFT, PsaPosting, PsaPostingStep, State
from flowpilot.psa.postings.planning import held_until
from flowpilot.psa.postings.policy import way
from flowpilot.psa.postings.queries import connections_of
from flowpilot.psa.postings.reporting import report
from flowpilot.psa.provider import Audience, PostingStepKind
from flowpilot.psa.rules.models import PsaRules
from flowpilot.psa.rules.queries import connection_and_rules

_UNLINKED = "The session has no ticket any more. Link it to one, and this goes there; or give this posting up."

_NO_WAY = "The connection to its ticket system was removed: connect it again and {verb} this, or give it up."


async def relink(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, ticket_id: str | None, now: datetime
) -> None:
    """Let the postings of a session go to its new ticket, or hold them while it has none.

    What is on the old ticket, or may be, stays there and says so.
    """
    waiting = await db.scalars(
        select(PsaPosting.id)
        .where(
            PsaPosting.account_id == account_id,
            PsaPosting.ai_session_id == session_id,
            PsaPosting.state != State.ABANDONED,
        )
        .order_by(PsaPosting.id)
    )
    postings = list(waiting)
    if not postings:
        return
    connection, rules = await connection_and_rules(db, account_id)
    for posting_id in postings:
        loaded = await lock(db, account_id, posting_id)
        posting = loaded.posting
        if posting.state == State.CONFIRMED:
            stays = f"This is on ticket {posting.ticket_id} already and stays there."
            stays += f" Move it by hand if it belongs to ticket {ticket_id}." if ticket_id else ""
            posting.reason = None if ticket_id == posting.ticket_id else stays
        elif any(step.attempts for step in loaded.steps):
            _stay(posting)
        elif ticket_id is None:
            posting.state, posting.due_at, posting.ended_at = State.HELD, None, None
            posting.is_unlinked, posting.reason = True, _UNLINKED
        else:
            _follow(loaded, rules, ticket_id, now)
            await _go(db, loaded, await _way(db, posting, connection), now)
    await db.flush()


async def cancel_status(
    db: Db, account_id: uuid.UUID, session_id: uuid.UUID, now: datetime, *, moved_to: str | None = None
) -> None:
    """Leave out the statuses that the session's earlier postings have not set, because something newer happened.

    What has failed may be tried again by hand, so it is left out of that, too. If the session has only `moved_to`
    another ticket, what moves there keeps its status.
    """
    said = (
        f"The session moved to ticket {moved_to}, so this status is left out."
        if moved_to
        else "The session went on, so this status is left out."
    )
    left = await db.scalars(
        select(PsaPosting.id)
        .join(PsaPostingStep, IS_OF_POSTING)
        .where(
            PsaPosting.account_id == account_id,
            PsaPostingStep.account_id == account_id,
            PsaPosting.ai_session_id == session_id,
            PsaPostingStep.kind == PostingStepKind.STATUS,
            PsaPostingStep.state.in_(STATUS_LEFT),
            true() if moved_to is None else PsaPosting.ticket_id != moved_to,
        )
        .order_by(PsaPosting.id)
    )
    for posting_id in list(left):
        loaded = await lock(db, account_id, posting_id)
        for step in loaded.steps:
            if step.kind == PostingStepKind.STATUS and step.state in STATUS_LEFT:
                step.state, step.reason = State.ABANDONED, said
        await rollup.roll_up(db, loaded, now)


def _stay(posting: PsaPosting) -> None:
    said = f"A part may be on ticket {posting.ticket_id} already, so the rest goes there, too."
    keeps_reason = posting.state == State.FAILED and posting.reason is not None and said not in posting.reason
    posting.reason = f"{posting.reason} {said}" if keeps_reason else said


def _follow(loaded: LoadedPosting, rules: PsaRules, ticket_id: str, now: datetime) -> None:
    """Go to another ticket, held as before; a text for a client waits until somebody has read it again."""
    posting = loaded.posting
    for step in loaded.steps:
        step.state, step.reason = (State.QUEUED, None) if step.state == State.FAILED else (step.state, step.reason)
    moved = f"The session moved from ticket {posting.ticket_id}, so this goes to {ticket_id}."
    posting.reason = None if ticket_id == posting.ticket_id else moved
    posting.ticket_id, posting.is_unlinked, posting.ended_at = ticket_id, False, None
    if posting.audience == Audience.CLIENT:
        posting.state, posting.due_at, posting.released_at = State.HELD, None, None
        again = "Read the text again before you send it: the ticket may be another client's."
        posting.reason = f"{posting.reason or ''} {again}".strip()
    elif posting.released_at is None:
        posting.state, posting.due_at = State.HELD, held_until(rules, now)
    else:
        posting.state, posting.due_at = State.QUEUED, now


async def _way(db: Db, posting: PsaPosting, active: PsaConnection | None) -> PsaConnection | None:
    """Over which connection it goes; None if that was removed and none to the same ticket system is there."""
    if active is None or active.id == posting.connection_id:
        return active
    return way(posting, await connections_of(db, posting.account_id))


async def _go(db: Db, loaded: LoadedPosting, connection: PsaConnection | None, now: datetime) -> None:
    """Ask for a turn, over the connection that is there now; without one it waits for a person."""
    posting = loaded.posting
    if connection is None:
        no_way = _NO_WAY.format(verb="send" if posting.state == State.HELD else "retry")
        posting.due_at, posting.reason = None, f"{posting.reason or ''} {no_way}".strip()
    else:
        posting.connection_id = connection.id
    if posting.due_at is not None:
        later = posting.due_at if posting.due_at > now else None
        await give_turn(db, posting.account_id, posting.connection_id, later)
    await report(db, posting, loaded.steps, loaded.was, now)
