"""Reading tickets while a person waits: from the ticket system, within seconds, or with a reason why not."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flowpilot.db.session import Database
from flowpilot.errors import ConflictError
from flowpilot.identity.actor import Actor
from flowpilot.psa.connections.asking import ask
from flowpilot.psa.members.queries import member_for
from flowpilot.psa.provider import Ticket, TicketNote, TicketPage, TicketQuery
from flowpilot.psa.tickets.closings import KnownClosings, known_closings, note_closed
from flowpilot.psa.tickets.recent import Recent
from flowpilot.settings import Settings
from flowpilot.text import kept

_NOTES = 3


class NotMappedError(ConflictError):
    """Nobody in the ticket system is this person, so they have no tickets there."""

    def __init__(self) -> None:
        super().__init__("Nobody in the ticket system is mapped to you. A team admin can map you in Settings.")


@dataclass(frozen=True, slots=True)
class TicketContext:
    """A ticket with its last notes, newest first, as it was at `read_at`.

    `is_merged`: somebody asked for another one, which was merged into it. `last_closed_at`: when it was last
    closed, as far as FlowPilot knows.
    """

    ticket: Ticket
    notes: Sequence[TicketNote]
    read_at: datetime
    is_merged: bool = False
    last_closed_at: datetime | None = None


# A page shows the last notes for their context, and thousands of tickets are kept for a minute.
_NOTE_CHARACTERS = 5_000

_RECENT: Recent[TicketContext] = Recent(timedelta(seconds=60), most=2_000)


async def search_tickets(
    database: Database, settings: Settings, actor: Actor, query: TicketQuery, *, mine: bool
) -> TicketPage:
    """Open tickets, those changed last first.

    Args:
        database: of this process.
        settings: of this process.
        actor: who looks.
        query: what they look for; its member is set here.
        mine: only the actor's own.

    Raises:
        NotConnectedError, ProviderError: as `ask`.
        NotMappedError: the actor is nobody there.
    """
    async with ask(database, settings, actor.account_id) as asked:
        if not mine:
            return await asked.provider.search(query)
        async with database.read(actor.account_id) as db:
            member = await member_for(db, asked.connection, actor.user_id)
        if member is None:
            raise NotMappedError
        own = TicketQuery(query.text, member.external_id, query.is_open, query.limit, query.cursor)
        return await asked.provider.search(own)


async def read_ticket(database: Database, settings: Settings, account_id: uuid.UUID, ticket_id: str) -> Ticket:
    """One ticket as it is now.

    Raises:
        NotConnectedError, ProviderError: as `ask`; NoSuchTicketError among them.
    """
    async with ask(database, settings, account_id) as asked:
        return await asked.provider.read_ticket(ticket_id)


async def read_context(
    database: Database, settings: Settings, account_id: uuid.UUID, ticket_id: str, now: datetime
) -> TicketContext:
    """A ticket with its last notes, as they were at most a minute ago.

    Raises:
        NotConnectedError, ProviderError: as `ask`; NoSuchTicketError among them.
    """
    async with ask(database, settings, account_id) as asked:
        connection = asked.connection
        async with database.read(account_id) as db:
            known = await known_closings(db, connection, ticket_id)
        context = _recent(connection.id, ticket_id, known, now)
        if context is None:
            ticket = await asked.provider.read_ticket(ticket_id)
            notes = [_shortened(note) for note in await asked.provider.read_notes(ticket.id, _NOTES)]
            context = TicketContext(ticket, notes, now, is_merged=not ticket.is_called(ticket_id))
            _RECENT.put((connection.id, ticket_id), context, now)
            if ticket.is_closed:
                async with database.write(account_id) as db:
                    await note_closed(db, connection, ticket_id, now)
    return replace(context, last_closed_at=known.last_closed_at(context.ticket, context.read_at))


def _recent(connection_id: uuid.UUID, ticket_id: str, known: KnownClosings, now: datetime) -> TicketContext | None:
    """What was read a moment ago, unless a posting has set the ticket's status since."""
    context = _RECENT.get((connection_id, ticket_id), now)
    is_outdated = context is not None and known.set_at is not None and known.set_at > context.read_at
    return None if is_outdated else context


def _shortened(note: TicketNote) -> TicketNote:
    return replace(note, text=kept(note.text, _NOTE_CHARACTERS))
