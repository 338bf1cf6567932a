"""The ticket that a write goes to, looked at before anything is sent."""

from flowpilot.psa.provider import (
    CredentialsError,
    NoSuchTicketError,
    Provider,
    ProviderError,
    Refused,
    Ticket,
    TryLater,
    UnavailableError,
)


async def writable_ticket(provider: Provider, ticket_id: str) -> Ticket | Refused | TryLater:
    """The ticket that answers to this id now, or why nothing can be written to it.

    Some systems take a note for a ticket that is merged or deleted, and show it to nobody.

    Raises:
        CredentialsError: the credentials are not accepted.
    """
    try:
        ticket = await provider.read_ticket(ticket_id)
    except CredentialsError:
        raise
    except NoSuchTicketError as error:
        return Refused(error.detail)
    except UnavailableError as error:
        return TryLater(error.detail, error.not_before)
    except ProviderError as error:
        return TryLater(error.detail)
    if ticket.is_deleted:
        return Refused(f"The ticket {ticket_id} is deleted. Link the session to another ticket.")
    return ticket
