"""What goes to the ticket system by itself: when a session ends and, if the account wants it, at an escalation."""

import uuid
from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.identity.queries import timezone_of
from flowpilot.psa.connections.models import ProviderKind, PsaConnection
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.models import PsaPosting, PsaRules
from flowpilot.psa.postings.planning import NewPosting, connection_and_rules, enqueue
from flowpilot.psa.postings.queries import posted
from flowpilot.psa.postings.relinking import cancel_status
from flowpilot.psa.provider import Audience
from flowpilot.psa.providers.registry import PROVIDERS
from flowpilot.sessions.models import AISession, SessionStatus
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.postings.worked import worked
from flowpilot.sessions.queries import SessionHistory, read_session

_OCCASIONS = {
    SessionStatus.RESOLVED: Occasion.RESOLVED,
    SessionStatus.ABANDONED: Occasion.ABANDONED,
    SessionStatus.REQUESTING_ESCALATION: Occasion.ESCALATED,
}


async def after_change(db: Db, session: AISession, by: uuid.UUID | None, at: datetime) -> None:
    """Enqueue what follows from a session's new status, in the same transaction."""
    if session.psa_ticket_id is None:
        return
    occasion = _OCCASIONS.get(SessionStatus(session.status))
    if occasion is None:
        if session.status == SessionStatus.ACTIVE:
            await cancel_status(db, session.account_id, session.id, at)
        return
    connection, rules = await connection_and_rules(db, session.account_id)
    if connection is None or (occasion is Occasion.ESCALATED and not rules.posts_escalation):
        return
    history = await read_session(db, session.account_id, session.id)
    await post(db, connection, rules, history, occasion, by or session.worked_on_by, at)


async def post(
    db: Db,
    connection: PsaConnection,
    rules: PsaRules,
    history: SessionHistory,
    occasion: Occasion,
    by: uuid.UUID | None,
    at: datetime,
) -> PsaPosting | None:
    """Enqueue the session's note, its time and its status, as far as they are new and the account wants them."""
    session = history.session
    assert session.psa_ticket_id is not None
    before = await posted(db, session.account_id, session.id)
    timezone = await timezone_of(db, session.account_id)
    splits = PROVIDERS[ProviderKind(connection.provider)].splits_at_midnight_utc
    new = NewPosting(
        session_id=session.id,
        ticket_id=session.psa_ticket_id,
        occasion=occasion,
        audience=Audience.INTERNAL,
        text=_note(history, at, timezone, before.noted_until) if rules.posts_note else None,
        worked=worked(history, at, before.seconds, by_day=splits) if rules.posts_time else (),
        sets_status=rules.posts_status,
    )
    return await enqueue(db, connection, rules, new, by, at)


def _note(history: SessionHistory, at: datetime, timezone: str, noted_until: datetime | None) -> str | None:
    """What is new since the last note; None if nothing is."""
    happened = [step.created_at for step in history.steps] + [change.created_at for change in history.changes]
    if noted_until is not None and all(moment <= noted_until for moment in happened):
        return None
    return document(history, at, timezone, since=noted_until).text
