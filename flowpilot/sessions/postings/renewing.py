"""What waits to be posted says what the session says now: texts that were corrected, struck or taken back."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import inspect, select

from flowpilot.db.session import Db
from flowpilot.identity.queries import timezone_of
from flowpilot.psa.postings.loaded import LoadedPosting, lock
from flowpilot.psa.postings.models import PsaPosting, State
from flowpilot.psa.postings.policy import changeable
from flowpilot.psa.provider import Audience, PostingStepKind
from flowpilot.sessions.models import EDITS, AISession, SessionStatus
from flowpilot.sessions.notes.documentation import TIME_SPENT, Booked, document
from flowpilot.sessions.notes.reading import with_beside
from flowpilot.sessions.queries import SessionHistory, read_session

_READ_AGAIN = "Something in the session was corrected after this was edited. Read it again before you send it."


async def renew_waiting(db: Db, session: AISession) -> None:
    """Write the notes again that have not gone yet. One that somebody has edited waits until a person sends it.

    A session without a ticket has posted nothing, and costs no statement.
    """
    if session.psa_ticket_id is None:
        return
    internal = (
        select(PsaPosting.id, PsaPosting.created_at, PsaPosting.state)
        .where(
            PsaPosting.account_id == session.account_id,
            PsaPosting.ai_session_id == session.id,
            PsaPosting.audience == Audience.INTERNAL,
            PsaPosting.state != State.ABANDONED,
            PsaPosting.text.is_not(None),
        )
        .order_by(PsaPosting.created_at, PsaPosting.id)
    )
    noted_until = None
    history = None
    for posting_id, made_at, state in (await db.execute(internal)).all():
        if state in {State.HELD, State.QUEUED, State.FAILED}:
            loaded = await lock(db, session.account_id, posting_id)
            if any(step.kind == PostingStepKind.NOTE for step in changeable(loaded.posting, loaded.steps)):
                if history is None:
                    history = await with_beside(db, await read_session(db, session.account_id, session.id))
                _renew(loaded, history, await timezone_of(db, session.account_id), noted_until)
        noted_until = made_at
    await db.flush()


def _renew(loaded: LoadedPosting, history: SessionHistory, timezone: str, since: datetime | None) -> None:
    posting = loaded.posting
    if posting.text_made is not None:
        if posting.state != State.FAILED:
            posting.state, posting.due_at, posting.released_at = State.HELD, None, None
        posting.reason = _READ_AGAIN
        return
    then = as_of(history, posting.created_at)
    booked: Sequence[Booked] | None = _booked(loaded, history)
    if not booked and posting.text is not None and TIME_SPENT.upper() in posting.text:
        booked = None  # The account books no time, so the note says how much it was.
    posting.text = document(then, posting.created_at, timezone, since=since, booked=booked).text


def as_of(history: SessionHistory, moment: datetime) -> SessionHistory:
    """The session as it was at a moment, except for what was edited since."""
    changes = [change for change in history.changes if change.created_at <= moment]
    steps = [step for step in history.steps if step.created_at <= moment or step.kind in EDITS]
    if len(changes) == len(history.changes):
        return replace(history, steps=steps)
    # Never written: it is not of the transaction.
    columns = [column for column in inspect(AISession).column_attrs if not column.deferred]
    session = AISession(**{column.key: getattr(history.session, column.key) for column in columns})
    session.status = changes[-1].to_status if changes else SessionStatus.ACTIVE
    session.resolved_at = changes[-1].created_at if session.status == SessionStatus.RESOLVED else None
    return replace(history, session=session, steps=steps, changes=changes)


def _booked(loaded: LoadedPosting, history: SessionHistory) -> Sequence[Booked]:
    """The time that goes with the posting."""
    return [
        Booked(None if step.user_id is None else history.names.get(step.user_id), step.minutes, step.started_at)
        for step in loaded.steps
        if step.kind == PostingStepKind.TIME and step.minutes is not None and step.started_at is not None
    ]
