"""Correcting and striking what somebody wrote in a handoff, or in a question about it."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.errors import OutdatedError
from flowpilot.handoffs.corrections import policy
from flowpilot.handoffs.corrections.texts import OF_QUESTIONS, TextPart, Written, reword, text_of
from flowpilot.handoffs.decisions import assess_again
from flowpilot.handoffs.locking import lock_of, read
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.handoffs.questions.service import find_question
from flowpilot.http.fields import as_line, wrong
from flowpilot.identity.actor import Actor
from flowpilot.sessions import hooks
from flowpilot.sessions.postings.renewing import renew_waiting
from flowpilot.sessions.queries import read_session
from flowpilot.sessions.service import announce_change
from flowpilot.text import with_plain_breaks


class TextChangedError(OutdatedError):
    """The text reads otherwise than when the caller saw it: corrected, or removed for good."""

    def __init__(self) -> None:
        super().__init__("This text has changed meanwhile. What you sent was not recorded. Read it again.")


async def correct(
    db: Db,
    actor: Actor,
    handoff_id: uuid.UUID,
    part: TextPart,
    text: str | None,
    was: str,
    now: datetime,
    question_id: uuid.UUID | None = None,
) -> None:
    """Correct a text of the actor's, or strike it. The record keeps both; the note for the ticket has the last.

    Args:
        text: None strikes it.
        was: how the actor saw it.

    Raises:
        HandoffNotFoundError, QuestionNotFoundError: there is no such thing.
        NotYourTextError, NothingToEditError: as `policy.check` has it.
        TextChangedError: it reads otherwise by now.
        RequestValidationError: it is too long for its place.
    """
    locked = await lock_of(db, actor.account_id, handoff_id, now)
    written: Written = await read(db, actor.account_id, handoff_id)
    if part in OF_QUESTIONS:
        if question_id is None:
            raise wrong("question_id", "Say of which question.")
        written = await find_question(db, actor.account_id, handoff_id, question_id)
    policy.check(written, part, actor, strikes=text is None)
    before = with_plain_breaks(text_of(written, part) or "")
    if before != was:
        raise TextChangedError
    if part == TextPart.REASON and text is not None:
        text = as_line(text, "text")
    if text == before:
        return
    reword(written, part, text or "", by=actor.user_id, at=locked.moment)
    session = locked.session
    session.last_activity_at = locked.moment
    await db.flush()
    announce_change(db, session)
    if isinstance(written, SessionHandoff) and written.closed_at is not None:
        # One that is open follows by itself. What this one sums up is its own text.
        assess_again(written, await read_session(db, actor.account_id, session.id))
        await db.flush()
    await renew_waiting(db, session)
    for follow in hooks.on_edit:
        await follow(db, session, actor.user_id, locked.moment)
