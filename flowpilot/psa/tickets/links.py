"""Ticket numbers as links into the ticket system, without asking it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import BindParameter, bindparam, select

from flowpilot.db.lookups import Asked, Lookup
from flowpilot.psa.connections.models import PsaConnection
from flowpilot.psa.numbers import bare, is_number
from flowpilot.psa.provider import Ticket
from flowpilot.psa.rules.models import PsaRules
from flowpilot.psa.tickets.template import PLACE, leads_to_one_host


@dataclass(frozen=True, slots=True)
class TicketLinks:
    """How an account's ticket numbers become links; `template` has `{ticket}` for the number.

    `is_connected`: there is a ticket system to ask about a ticket. `is_own`: the account has entered the template.
    """

    is_connected: bool = False
    template: str | None = None
    is_own: bool = False

    def url(self, ticket_id: str | None) -> str | None:
        """The address at which people open the ticket, if it is known."""
        number = bare(ticket_id or "")
        if not self.is_own and not is_number(number):
            return None  # What a system's own links need is its ids; T20260615.0042 is none.
        return self.template.replace(PLACE, quote(number, safe="")) if self.template and number else None


def _lookup(account_id: BindParameter[uuid.UUID]) -> Lookup[TicketLinks]:
    connected = PsaConnection.account_id == account_id, PsaConnection.removed_at.is_(None)
    learned = PsaConnection.findings["ticket_url"].astext
    own = select(PsaRules.ticket_url_template).where(PsaRules.account_id == account_id)
    parts = own, select(learned).where(*connected), select(PsaConnection.id).where(*connected)
    return Lookup(select(*(part.scalar_subquery() for part in parts)), _links)


def _links(template: str | None, shown: str | None, connection: uuid.UUID | None) -> TicketLinks:
    return TicketLinks(connection is not None, template or shown, is_own=template is not None)


_OF_ACCOUNT = _lookup(bindparam("account_id"))


def ticket_links(account_id: uuid.UUID) -> Asked[TicketLinks]:
    """The account's links: by its own template, otherwise as the ticket system has shown its tickets."""
    return _OF_ACCOUNT.of(account_id=account_id)


def learned_template(tickets: Sequence[Ticket]) -> str | None:
    """The template that a ticket's own address shows."""
    for ticket in tickets:
        before, number, after = (ticket.url or "").rpartition(ticket.id)
        if number and leads_to_one_host(before):
            return before + PLACE + after
    return None
