"""What people said of suggestions that they did not follow, for the note."""

import uuid
from collections.abc import Mapping

from sqlalchemy import select

from flowpilot.db.session import ReadDb
from flowpilot.identity.queries import names_of
from flowpilot.sessions.models import AISession
from flowpilot.sessions.notes.beside import Dismissed
from flowpilot.sessions.suggestions.models import DismissalReason, SuggestionOutcome, SuggestionResult

# What stands before somebody's own words; another reason is what they say.
_WORDS = {
    DismissalReason.NOT_APPLICABLE: "Does not apply",
    DismissalReason.ALREADY_DONE: "Already done",
    DismissalReason.WRONG: "Wrong",
    DismissalReason.OTHER: "",
}


async def dismissed_in(db: ReadDb, session: AISession, names: Mapping[uuid.UUID, str]) -> list[Dismissed]:
    """The dismissals that somebody has put into words. `names`: of the session's people."""
    query = select(SuggestionOutcome).where(
        SuggestionOutcome.account_id == session.account_id,
        SuggestionOutcome.session_id == session.id,
        SuggestionOutcome.result == SuggestionResult.DISMISSED,
        SuggestionOutcome.note != "",
    )
    found = (await db.scalars(query.order_by(SuggestionOutcome.at, SuggestionOutcome.id))).all()
    # Whoever only dismissed something is not yet one of the session's people.
    others = {one.by for one in found if one.by is not None} - names.keys()
    known = {**names, **(await names_of(db, session.account_id, others) if others else {})}
    return [
        Dismissed(
            action=one.action,
            reason=_WORDS[DismissalReason(one.reason)] if one.reason else "",
            note=one.note,
            by=None if one.by is None else known.get(one.by),
            at=one.at,
        )
        for one in found
    ]
