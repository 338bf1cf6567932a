"""What is written to a ticket."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    """Who may read a note. There is no default anywhere: whoever writes one says it."""

    INTERNAL = "internal"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class WorkTime:
    """Time that one person worked: whole minutes, and from when to when, in the account's time zone.

    `member_id` is that person in the ticket system; None where time is booked on the credential's owner.
    """

    minutes: int
    started_at: datetime
    ended_at: datetime
    member_id: str | None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A file to attach to a ticket."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """One record to write to a ticket: a note, a person's time, or both where the system keeps them together.

    Or a file, with a text that names it.

    `marker` is a short word that only this record has. `author_id` is the member who wrote the note, if known.
    """

    marker: str
    audience: Audience
    text: str | None = None
    time: WorkTime | None = None
    author_id: str | None = None
    file: TicketFile | None = None
