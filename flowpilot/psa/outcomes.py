"""What becomes of a request to a ticket system: a write returns one of four outcomes, a read raises an error."""

from dataclasses import dataclass
from datetime import datetime

from flowpilot.errors import FlowPilotError


@dataclass(frozen=True, slots=True)
class Accepted:
    """It was written; `external_id` is its id there."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not written and will not be if it is sent again. `reason` is a sentence that a person can act on.

    `wrong_id`: it was written after all, and not as it should be, under this id. A person has to correct it there.
    """

    reason: str
    field: str | None = None
    wrong_id: str | None = None


@dataclass(frozen=True, slots=True)
class TryLater:
    """It was not written, but may be later; not before the moment that the system asked to wait for, if any.

    `is_down`: it is the system that takes nothing now, rather than this record that it does not take.
    """

    reason: str
    not_before: datetime | None = None
    is_down: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent and no answer came: it may have been written, or may still be."""

    reason: str


Outcome = Accepted | Refused | TryLater | Unknown


class ProviderError(FlowPilotError):
    """The ticket system could not be read. The sentence says what a person can do."""

    status = 502


class CredentialsError(ProviderError):
    """The ticket system does not accept the credentials (any more)."""


class NoSuchTicketError(ProviderError):
    """There is no such ticket, or the credentials do not show it."""

    status = 404

    def __init__(self, ticket_id: str) -> None:
        super().__init__(f"The ticket system has no ticket {ticket_id}, or does not show it to FlowPilot.")


class UnavailableError(ProviderError):
    """The ticket system does not answer now, or asks to wait until `not_before`."""

    status = 503

    def __init__(self, detail: str, not_before: datetime | None = None) -> None:
        super().__init__(detail)
        self.not_before = not_before
