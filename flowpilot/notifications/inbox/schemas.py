"""What the routes of a member's own notifications take and give."""

import uuid
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, model_validator

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.http.bodies import Body
from flowpilot.http.paging import ListPage
from flowpilot.notifications.delivery.trouble import TroubleKind


class NotificationOut(BaseModel):
    """One thing the caller should know."""

    id: uuid.UUID
    kind: HandoffEventKind | TroubleKind
    text: str
    path: str = Field(description="The page where it goes on.")
    handoff_id: uuid.UUID | None = Field(description="Null where it is about a channel or e-mail.")
    session_id: uuid.UUID | None
    created_at: datetime = Field(description="When it happened.")
    read_at: datetime | None
    settled: str | None = Field(
        description="What has become of it, where it no longer holds: then it counts as read. Null while it holds."
    )


class NotificationPage(ListPage[NotificationOut]):
    """Some notifications, and how many of all are not read and still hold."""

    unread_count: int


class UnreadOut(BaseModel):
    """How many notifications are not read and still hold."""

    unread_count: int


class ReadIn(Body):
    """Which notifications were read: these, or all up to and with one."""

    ids: list[uuid.UUID] | None = Field(default=None, min_length=1, max_length=200)
    up_to: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("give either ids or up_to")
        return self


class Preferences(Body):
    """By which kinds the caller is told; a channel of the whole account is none of them."""

    in_app: bool
    email: bool
    slack: bool
    teams: bool
    webhook: bool
