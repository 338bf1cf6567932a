"""What a step says that waits, or is left out, because of what somebody has chosen or has to choose."""

from flowpilot.psa.provider import Ticket

NOT_MATCHED = "The time of {name} waits: they are not matched with a member of the ticket system. See Settings."
HAS_LEFT = (
    "This is the time of somebody who is no longer a member, so it cannot be booked in their name. "
    "Book it in the ticket system by hand, then give this posting up."
)


def keeps_status(ticket: Ticket) -> str:
    """Why the status of a ticket is left as it is."""
    return f"Tickets of the board {ticket.board or 'of this ticket'} keep their status, as chosen in Settings."


def no_status(ticket: Ticket) -> str:
    """Why the status of a ticket cannot be set."""
    board = ticket.board or "of this ticket"
    choose = "A team admin chooses one under Statuses in Settings; then try again."
    return f"No status is chosen for the board {board}. {choose}"
