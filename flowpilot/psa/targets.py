"""The ticket that a write goes to, looked at before anything is sent."""

from collections.abc import Awaitable, Callable

from flowpilot.psa.provider import (
    CredentialsError,
    NoSuchTicketError,
    ProviderError,
    Refused,
    Ticket,
    TryLater,
    UnavailableError,
)


async def writable_ticket(read: Callable[[str], Awaitable[Ticket]], ticket_id: str) -> Ticket | Refused | TryLater:
    """The ticket that answers to this id now, or why nothing can be written to it.

    `read` may leave out all names, but has to find a merged ticket and to say that one is deleted. Some systems
    take a note for a ticket that is merged or deleted, and show it to nobody.

    Raises:
        CredentialsError: the credentials are not accepted.
    """
    try:
        ticket = await read(ticket_id)
    except ProviderError as error:
        return nothing_sent(error)
    if ticket.is_deleted:
        return Refused(f"The ticket {ticket_id} is deleted. Link the session to another ticket.")
    return ticket


def nothing_sent(error: ProviderError) -> Refused | TryLater:
    """What becomes of a write when something cannot be read that has to be known before it is sent.

    Raises:
        CredentialsError: the credentials are not accepted.
    """
    match error:
        case CredentialsError():
            raise error
        case NoSuchTicketError():
            return Refused(error.detail)
        case UnavailableError(not_before=not_before):
            return TryLater(error.detail, not_before, is_down=True)
        case _:
            return TryLater(error.detail)
