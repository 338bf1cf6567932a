"""A session's note, with all that belongs into it. Sessions do not know handoffs, which register a reader."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from flowpilot.db.session import ReadDb
from flowpilot.sessions.models import AISession, SessionStatus, StepKind
from flowpilot.sessions.notes.beside import Beside
from flowpilot.sessions.notes.documentation import Documentation, document
from flowpilot.sessions.queries import SessionHistory, read_session
from flowpilot.sessions.suggestions.dismissed import dismissed_in

# Each reads what its feature knows of a session that was escalated: none replaces what another has read.
of_handoffs: list[Callable[[ReadDb, AISession], Awaitable[Beside]]] = []


async def read_note(
    db: ReadDb, account_id: uuid.UUID, session_id: uuid.UUID, now: datetime, timezone: str
) -> Documentation:
    """The note as the session is now, with its times as clocks show them in the zone.

    Raises:
        SessionNotFoundError: the account has no such session.
    """
    history = await with_beside(db, await read_session(db, account_id, session_id))
    return document(history, now, timezone)


async def with_beside(db: ReadDb, history: SessionHistory) -> SessionHistory:
    """The session with what was written beside its steps.

    One that was never escalated, and always followed a flow, costs no statement.
    """
    beside = Beside()
    if any(change.to_status == SessionStatus.REQUESTING_ESCALATION for change in history.changes):
        of_each = [await read(db, history.session) for read in of_handoffs]
        beside = Beside(
            asked=[one for each in of_each for one in each.asked],
            handed_over=[one for each in of_each for one in each.handed_over],
        )
    # Only a session without a flow shows suggestions.
    if history.tree is None or any(step.kind == StepKind.FLOW for step in history.steps):
        beside = replace(beside, dismissed=await dismissed_in(db, history.session, history.names))
    return replace(history, beside=beside)
