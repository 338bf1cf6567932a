"""What people wrote about a session beside its steps and changes of status, for its note."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QuestionAndAnswer:
    """A question to the engineer and its answer; names are None of members who have left."""

    question: str
    asked_by: str | None
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    edited_at: datetime | None = None

    @property
    def moments(self) -> list[datetime]:
        """When it was asked, answered, and last corrected."""
        return [one for one in (self.asked_at, self.answered_at, self.edited_at) if one is not None]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What an escalation says, as it reads now; `files` are names. The change of status has its moment.

    `edited_at`: when something of it was last said later, corrected or struck.
    `sent_back_at`: when it was sent back because it said too little; None if it was not.
    """

    at: datetime
    reason: str
    tried: str = ""
    opinion: str = ""
    files: str = ""
    edited_at: datetime | None = None
    sent_back_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A suggestion of the copilot that somebody did not follow, and what they said of it."""

    action: str
    reason: str
    note: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it, each kind in its order."""

    asked: Sequence[QuestionAndAnswer] = ()
    handed_over: Sequence[HandedOver] = ()
    dismissed: Sequence[Dismissed] = ()

    @property
    def moments(self) -> Iterator[datetime]:
        """When it was written. What an escalation said at first has the moment of its change of status."""
        yield from (moment for one in self.asked for moment in one.moments)
        yield from (one.edited_at for one in self.handed_over if one.edited_at is not None)
        yield from (one.at for one in self.dismissed)
