"""What the routes of fixes that have to prove themselves take and give."""

from typing import Self

from pydantic import AwareDatetime, BaseModel, Field

from flowpilot.http.fields import Line, Remark, Words
from flowpilot.identity.schemas import PersonOut
from flowpilot.sessions.avoidable import AvoidableReason
from flowpilot.sessions.following.seen import Seen
from flowpilot.sessions.schemas import SessionRow, session_row
from flowpilot.sessions.verifying.queries import Waiting


class VerifyIn(Seen):
    """What was done, what has to show that it helped, and when to look again."""

    fix: Words
    waiting_for: Line
    look_again_at: AwareDatetime = Field(description="Within 90 days.")


class PostponeIn(Seen):
    """When to look again instead."""

    look_again_at: AwareDatetime = Field(description="Within 90 days.")


class ConfirmIn(Seen):
    """What solved it; the fix that was applied if it is left out."""

    summary: Remark = ""
    avoidable_reason: AvoidableReason = None


class FailIn(Seen):
    """What was seen instead; optional."""

    note: Remark = ""


class WaitingRow(SessionRow):
    """A session whose fix has to prove itself; its owner says whether it did."""

    owner: PersonOut | None
    n_notes: int = Field(description="How many others have added since the fix was applied.")


class WaitingPage(BaseModel):
    """A page of them, those to look at next first."""

    items: list[WaitingRow]
    next_cursor: str | None
    n: int = Field(description="How many there are on all pages.")

    @classmethod
    def of(cls, found: Waiting) -> Self:
        """The page that was read."""
        items = []
        for session in found.sessions:
            owner = None
            if session.owner_id is not None:
                owner = PersonOut(id=session.owner_id, name=found.names.get(session.owner_id))
            row = session_row(session, None).model_dump()
            items.append(WaitingRow(**row, owner=owner, n_notes=found.notes[session.id]))
        return cls(items=items, next_cursor=found.next_cursor, n=found.n)
