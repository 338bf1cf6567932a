"""A look at what would be posted, and a text that a person sends to the client."""

from datetime import datetime

from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Actor
from flowpilot.identity.queries import timezone_of
from flowpilot.psa.connections.client_text import client_text_refusal
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.context import posting_context
from flowpilot.psa.postings.planning import NewPosting, connection_and_rules, enqueue
from flowpilot.psa.postings.queries import ShownPosting, posting
from flowpilot.psa.provider import Audience
from flowpilot.sessions.models import AISession
from flowpilot.sessions.notes.documentation import document
from flowpilot.sessions.postings.client_text import client_text
from flowpilot.sessions.postings.schemas import PreviewOut, PreviewTimeOut
from flowpilot.sessions.postings.worked import worked
from flowpilot.sessions.queries import SessionHistory


class NotPostableError(ConflictError):
    """No text can be sent to the client."""


async def preview(db: ReadDb, history: SessionHistory, audience: Audience, now: datetime) -> PreviewOut:
    """What would be posted for this audience now."""
    session = history.session
    context = await posting_context(db, session.account_id, session.id)
    connection, rules, before = context.connection, context.rules, context.posted
    times = worked(history, now, before.seconds) if audience is Audience.INTERNAL else []
    if audience is Audience.CLIENT:
        text = client_text(history, rules.client_greeting, rules.client_signature)
    else:
        timezone = await timezone_of(db, session.account_id)
        text = document(history, now, timezone, since=before.noted_until).text
    return PreviewOut(
        audience=audience,
        ticket_id=session.psa_ticket_id,
        connected=None if connection is None else connection.name,
        text=text,
        refused=_refusal(connection, session) if audience is Audience.CLIENT else None,
        times=[
            PreviewTimeOut(
                user_id=one.user_id,
                name=None if one.user_id is None else history.names.get(one.user_id),
                minutes=one.minutes,
                worked_seconds=one.seconds,
            )
            for one in times
        ],
    )


async def post_for_client(db: Db, actor: Actor, session: AISession, text: str, now: datetime) -> ShownPosting:
    """Enqueue a text for the client.

    Raises:
        NotPostableError: the session has no ticket, or the account no ticket system that takes such a text.
    """
    connection, rules = await connection_and_rules(db, actor.account_id)
    if refusal := _refusal(connection, session):
        raise NotPostableError(refusal)
    assert connection is not None
    assert session.psa_ticket_id is not None
    new = NewPosting(
        session_id=session.id,
        ticket_id=session.psa_ticket_id,
        occasion=Occasion.BY_HAND,
        audience=Audience.CLIENT,
        text=text,
    )
    made = await enqueue(db, connection, rules, new, actor.user_id, now)
    assert made is not None
    shown = await posting(db, actor.account_id, made)
    assert shown is not None
    return shown


def _refusal(connection: PsaConnection | None, session: AISession) -> str | None:
    """Why no text can be sent to the client of this session; None if it can."""
    if connection is None:
        return "No ticket system is connected. A team admin can connect one in Settings."
    if session.psa_ticket_id is None:
        return "This session has no ticket. Enter its number first."
    return client_text_refusal(connection)
