"""TicketSQL, in which Request Tracker is searched. Everything that people type is quoted here."""

from flowpilot.psa.numbers import is_number
from flowpilot.psa.provider import TicketQuery

# In a pattern, some databases take these for something else than themselves.
_AS_ANY_CHARACTER = str.maketrans(dict.fromkeys("%_\\", "_"))


def quoted(text: str) -> str:
    """Text as a value of TicketSQL."""
    return "'{}'".format(text.replace("\\", "\\\\").replace("'", "\\'"))


def tickets_of(query: TicketQuery) -> str:
    """The tickets of a query, and some more that `has_words` leaves out: `%` matches anything there."""
    conditions = [_of_word(word) for word in query.text.split()]
    if query.member_id is not None:
        conditions.append(f"Owner = {quoted(query.member_id)}")
    if query.is_open:
        conditions.append("Status = '__Active__'")
    return " AND ".join(conditions or ["id > 0"])


def has_words(query: TicketQuery, ticket_id: str, summary: str) -> bool:
    """Whether a ticket has all words of a query, or is the one that it names by its number."""
    return all(
        word.casefold() in summary.casefold() or word.removeprefix("#") == ticket_id for word in query.text.split()
    )


def record_of(ticket_id: str, marker: str) -> str:
    """The transactions of a ticket with a marker in their subject; answers to one have it in theirs, too."""
    return f"TicketId = {ticket_id} AND Subject LIKE {quoted(marker)}"


def notes_of(ticket_id: str) -> str:
    """What was written to a ticket: how it began, the notes of the desk, and what went to the client and back."""
    return f"TicketId = {ticket_id} AND (Type = 'Create' OR Type = 'Comment' OR Type = 'Correspond')"


def _of_word(word: str) -> str:
    in_summary = f"Subject LIKE {quoted(word.translate(_AS_ANY_CHARACTER))}"
    number = word.removeprefix("#")
    return f"({in_summary} OR id = {number})" if is_number(number) else in_summary
