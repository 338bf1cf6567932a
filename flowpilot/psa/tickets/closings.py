"""When a ticket was last closed, as far as FlowPilot knows: seen so, or set so by a posting."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.session import Db, ReadDb
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.occasions import Occasion
from flowpilot.psa.postings.models import IS_OF_POSTING, PsaPosting, PsaPostingStep
from flowpilot.psa.provider import PostingStepKind, Ticket
from flowpilot.psa.tickets.models import PsaClosedTicket


@dataclass(frozen=True, slots=True)
class KnownClosings:
    """When a ticket was last seen closed, and when a resolved session last set its status to `set_to`."""

    seen_at: datetime | None = None
    set_at: datetime | None = None
    set_to: str | None = None

    def last_closed_at(self, ticket: Ticket, read_at: datetime) -> datetime | None:
        """When the ticket was last closed. A status that it still has has not closed it, if it is open."""
        if ticket.is_closed:
            return read_at
        set_at = None if ticket.status_id == self.set_to else self.set_at
        return max((at for at in (self.seen_at, set_at) if at is not None), default=None)


async def known_closings(db: ReadDb, connection: PsaConnection, ticket_id: str) -> KnownClosings:
    """What is known of a ticket."""
    seen = (
        select(PsaClosedTicket.seen_at)
        .where(
            PsaClosedTicket.account_id == connection.account_id,
            PsaClosedTicket.connection_id == connection.id,
            PsaClosedTicket.ticket_id == ticket_id,
        )
        .scalar_subquery()
    )
    statuses = (
        select(PsaPostingStep.confirmed_at, PsaPostingStep.external_id)
        .join(PsaPosting, IS_OF_POSTING)
        .where(
            PsaPosting.account_id == connection.account_id,
            PsaPosting.connection_id == connection.id,
            PsaPosting.ticket_id == ticket_id,
            PsaPosting.occasion == Occasion.RESOLVED,
            PsaPostingStep.account_id == connection.account_id,
            PsaPostingStep.kind == PostingStepKind.STATUS,
            PsaPostingStep.confirmed_at.is_not(None),
        )
        .order_by(PsaPostingStep.confirmed_at.desc())
        .limit(1)
    )
    set_ = (await db.execute(statuses)).one_or_none()
    return KnownClosings(await db.scalar(select(seen)), *(set_ or ()))


async def note_closed(db: Db, connection: PsaConnection, ticket_id: str, now: datetime) -> None:
    """Remember that a ticket was seen closed."""
    new = insert(PsaClosedTicket).values(
        account_id=connection.account_id, connection_id=connection.id, ticket_id=ticket_id, seen_at=now
    )
    key = ["account_id", "connection_id", "ticket_id"]
    await db.execute(new.on_conflict_do_update(index_elements=key, set_={"seen_at": new.excluded.seen_at}))
