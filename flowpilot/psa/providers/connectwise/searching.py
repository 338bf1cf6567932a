"""Which tickets a search asks for, and which of those that come are meant."""

from collections.abc import Iterable

from flowpilot.psa.numbers import number
from flowpilot.psa.provider import Board, TicketQuery
from flowpilot.psa.providers.connectwise import conditions
from flowpilot.psa.providers.connectwise.reading import Json

# No status has it.
_NONE = "0"


def wanted(query: TicketQuery, boards: Iterable[Board]) -> str:
    """Conditions for at least the tickets that are meant. Open ones have an open status of one of the boards."""
    found = []
    words = conditions.both(conditions.contains_all("summary", query.text))
    numbered = number(query.text)
    if words:
        found.append(conditions.either([words, f"id = {numbered}"]) if numbered else words)
    if query.member_id is not None:
        theirs = conditions.text(query.member_id)
        found.append(conditions.either([f"owner/identifier = {theirs}", f"resources contains {theirs}"]))
    if query.is_open:
        is_open = [status.id for board in boards for status in board.statuses if not status.is_closed]
        found.append(conditions.is_one_of("status/id", is_open or [_NONE]))
    return conditions.both(found)


def matches(ticket: Json, query: TicketQuery) -> bool:
    """Whether a ticket is meant, and not only like one that is."""
    summary = str(ticket.get("summary") or "").casefold()
    has_number = ticket["id"] == number(query.text)
    has_words = all(word in summary for word in query.text.casefold().split())
    return (has_number or has_words) and (query.member_id is None or query.member_id.casefold() in _people(ticket))


def _people(ticket: Json) -> set[str]:
    """The identifiers of the ticket's owner and of those who are assigned to it."""
    assigned = {name.strip().casefold() for name in str(ticket.get("resources") or "").split(",")}
    return assigned | {str((ticket.get("owner") or {}).get("identifier") or "").casefold()}
