"""What the routes of a session's postings take and give."""

import uuid
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from flowpilot.http.fields import Body
from flowpilot.psa.postings.schemas import NoteText
from flowpilot.psa.provider import Audience


class ClientTextIn(Body):
    """A text for the client, as a person has read and approved it."""

    audience: Literal["client"]
    text: NoteText


class PreviewTimeOut(BaseModel):
    """Time that would be booked: whole minutes, up to the next one, from `started_at` on.

    Each day, in the account's time zone, is a time of its own.
    """

    user_id: uuid.UUID | None
    name: str | None
    minutes: int
    worked_seconds: float
    started_at: datetime


class PreviewOut(BaseModel):
    """What would be posted. `ticket_id` is null if the session has no ticket; `connected` names where it goes.

    `refused` says why this text cannot be sent to the client; null if it can, and for the internal note.
    `text` is empty if no note would be posted: the account posts none, or nothing is new since the last one.
    """

    audience: Audience
    ticket_id: str | None
    connected: str | None
    text: str
    refused: str | None
    times: list[PreviewTimeOut]
