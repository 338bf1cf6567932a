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
from flowpilot.psa.postings.planning import NewPosting, enqueue
from flowpilot.psa.postings.queries import ShownPosting, posting
from flowpilot.psa.provider import Audience
from flowpilot.psa.rules.queries import connection_and_rules
from flowpilot.sessions.models import AISession
from flowpilot.sessions.notes.reading import with_beside
from flowpilot.sessions.postings.client_text import client_text
from flowpilot.sessions.postings.content import Content, content
from flowpilot.sessions.postings.schemas import PreviewOut, PreviewTimeOut
from flowpilot.sessions.postings.texts import read_flow_texts
from flowpilot.sessions.queries import SessionHistory


class NotPostableError(ConflictError):
    """No text can be sent to the client."""


async def preview(db: ReadDb, history: SessionHistory, audience: Audience, now: datetime) -> PreviewOut:
    """What would be posted for this audience now."""
    session = history.session
    context = await posting_context(db, session.account_id, session.id)
    if audience is Audience.CLIENT:
        texts = await read_flow_texts(db, history)
        text = client_text(history, texts, context.rules.client_greeting, context.rules.client_signature)
        made = Content(text, ())
    else:
        history = await with_beside(db, history)
        made = content(history, context, now, await timezone_of(db, session.account_id))
    return PreviewOut(
        audience=audience,
        ticket_id=session.psa_ticket_id,
        connected=None if context.connection is None else context.connection.name,
        text=made.text or "",
        refused=_refusal(context.connection, session) if audience is Audience.CLIENT else None,
        times=[
            PreviewTimeOut(
                user_id=one.user_id,
                name=None if one.user_id is None else history.names.get(one.user_id),
                minutes=one.minutes,
                worked_seconds=one.seconds,
                started_at=one.booked[0],
            )
            for one in made.worked
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
    shown = await posting(db, actor, made)
    assert shown is not None
    return shown


def _refusal(connection: PsaConnection | None, session: AISession) -> str | None:
    """Why no text can be sent to the client of this session; None if it can."""
    if connection is None:
        return "No ticket system is connected. A team admin can connect one in Settings."
    if session.psa_ticket_id is None:
        return "This session has no ticket. Enter its number first."
    return client_text_refusal(connection)
