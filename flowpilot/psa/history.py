"""What happened to past tickets, as far as a ticket system tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flowpilot.psa.provider import Ticket
from flowpilot.psa.texts import Name, OtherId


class ChangeKind(StrEnum):
    """What somebody did with a ticket. `before` and `after` of a change of the owner are members' ids."""

    CREATED = "created"
    NOTE = "note"
    TIME = "time"
    STATUS = "status"
    OWNER = "owner"
    BOARD = "board"


@dataclass(frozen=True, slots=True)
class TicketChange:
    """One thing that somebody did; `by` is the id of a member, of somebody else, or None if it is not known.

    `minutes` were worked, if the ticket system tells. An owner may also be a group, whose id is nobody's.
    """

    at: datetime
    by: OtherId
    kind: ChangeKind
    before: Name | None = None
    after: Name | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class TicketHistory:
    """A ticket and what happened to it, in order. `owner` is the id of a member or a group."""

    ticket: Ticket
    opened_at: datetime
    closed_at: datetime | None
    owner: OtherId
    changes: Sequence[TicketChange]


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Tickets with their histories, and what to pass on for more."""

    items: Sequence[TicketHistory]
    next_cursor: str | None = None
