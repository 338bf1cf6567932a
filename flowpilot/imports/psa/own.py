"""Tickets that have a session of our own: they are not brought again, and what differs is said."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from flowpilot.db.bulk import account_transaction
from flowpilot.imports.psa.rows import TicketFacts
from flowpilot.imports.psa.spool import FetchedTicket
from flowpilot.psa.numbers import bare
from flowpilot.sessions.transitions import ENDED

_EXAMPLES = 10
# Ticket systems round what they are told.
_ROUNDING_MINUTES = 1


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session that somebody worked on here: its status, and the minutes that FlowPilot booked for it."""

    status: str
    booked_minutes: float


@dataclass(slots=True)
class OwnTickets:
    """How many of the fetched tickets have a session of our own, and how they differ from it."""

    tickets: int = 0
    other_state: int = 0
    less_time: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, facts: TicketFacts, session: OwnSession) -> None:
        """Compare one more ticket."""
        self.tickets += 1
        for difference in self._differences(facts, session):
            if len(self.examples) < _EXAMPLES:
                self.examples.append(f"{facts.number or facts.ticket}: {difference}")

    def _differences(self, facts: TicketFacts, session: OwnSession) -> Iterator[str]:
        ours = session.status if session.status in ENDED else "open"
        if ours != facts.state:
            self.other_state += 1
            yield f"{ours} here, {facts.state} there"
        if session.booked_minutes > facts.minutes + _ROUNDING_MINUTES:
            self.less_time += 1
            yield f"{session.booked_minutes:g} min booked from here, {facts.minutes:g} min there"


def own_sessions(runtime_url: str, account_id: UUID) -> Mapping[str, OwnSession]:
    """The latest session of each ticket that somebody worked on here, by the ticket's number."""
    query = (
        "SELECT s.psa_ticket_id, s.status, coalesce(sum(l.hours_logged), 0) FROM ai_sessions s"
        " LEFT JOIN psa_activity_logs l ON l.account_id = s.account_id AND l.session_id = s.id"
        " AND l.activity_type = 'time_entry_posted'"
        " WHERE s.account_id = %s AND s.psa_ticket_id IS NOT NULL AND s.last_activity_at IS NOT NULL"
        " GROUP BY s.id, s.psa_ticket_id, s.status, s.created_at ORDER BY s.created_at, s.id"
    )
    with account_transaction(runtime_url, account_id) as connection:
        rows = connection.execute(query, (account_id,)).fetchall()
    return {
        _key(ticket): OwnSession(status, timedelta(hours=float(hours)) / timedelta(minutes=1))
        for ticket, status, hours in rows
    }


def without_own(
    tickets: Iterable[FetchedTicket], own: Mapping[str, OwnSession], found: OwnTickets
) -> Iterator[FetchedTicket]:
    """The tickets that have no session of our own; those that have one are compared with it."""
    for ticket in tickets:
        numbers = filter(None, (ticket.facts.ticket, ticket.facts.number))
        session = next((own[key] for number in numbers if (key := _key(number)) in own), None)
        if session is None:
            yield ticket
        else:
            found.add(ticket.facts, session)


def _key(ticket: str) -> str:
    return bare(ticket).casefold()
