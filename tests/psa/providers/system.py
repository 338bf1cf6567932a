"""A ticket system as the tests see it: what it has stored in truth, read around FlowPilot's own provider."""

from dataclasses import dataclass
from typing import Protocol

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Provider


@dataclass(frozen=True)
class Stored:
    """A note, or time of one person, or both, that a ticket has. `text` is what people read there."""

    id: str
    text: str
    is_internal: bool
    minutes: float
    member: str | None


class System(Protocol):
    """A ticket system that runs for the tests, with people, a client and tickets of its own."""

    @property
    def port(self) -> int:
        """Where it answers on this machine."""
        ...

    @property
    def alex(self) -> str:
        """An active member as its records name them, whose e-mail is `alex@desk.example`."""
        ...

    @property
    def kim(self) -> str:
        """Another member."""
        ...

    @property
    def client(self) -> str:
        """The name of a client, as tickets made here have it."""
        ...

    def provider(self, access: Access) -> Provider:
        """FlowPilot's provider, with credentials that have all rights."""
        ...

    def stranger(self, access: Access) -> Provider:
        """FlowPilot's provider, with credentials that are not valid."""
        ...

    def new_ticket(self, summary: str = "The printer is offline", *, member: str | None = None) -> str:
        """A new open ticket, of a member if one is named."""
        ...

    def stored(self, ticket_id: str) -> list[Stored]:
        """The notes and times of a ticket, oldest first."""
        ...

    def status_of(self, ticket_id: str) -> str:
        """The id of a ticket's status."""
        ...

    def closed_status(self, ticket_id: str) -> str:
        """The id of a closed status that the ticket can have."""
        ...

    def book(self, ticket_id: str, minutes: int) -> None:
        """Book time of somebody else, not through FlowPilot."""
        ...

    def hand_over(self, ticket_id: str, member: str) -> None:
        """Give the ticket another owner, not through FlowPilot."""
        ...

    def delete(self, ticket_id: str) -> None:
        """Delete a ticket."""
        ...

    def merge(self, ticket_id: str, into: str) -> None:
        """Merge a ticket into another; a system that cannot, skips the test with that reason."""
        ...
