"""What the routes of fixes that have to prove themselves take."""

from pydantic import AwareDatetime, Field

from flowpilot.http.fields import Body, Line, Remark, Words
from flowpilot.sessions.following.seen import Seen


class VerifyIn(Seen):
    """What was done, what has to show that it helped, and when to look again."""

    fix: Words
    waiting_for: Line
    look_again_at: AwareDatetime = Field(description="Within 90 days.")


class PostponeIn(Body):
    """When to look again instead."""

    look_again_at: AwareDatetime = Field(description="Within 90 days.")


class ConfirmIn(Seen):
    """What solved it; the fix that was applied if it is left out."""

    summary: Remark = ""


class FailIn(Seen):
    """What was seen instead; optional."""

    note: Remark = ""
