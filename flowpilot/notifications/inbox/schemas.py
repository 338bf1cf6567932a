"""What the routes of a member's own notifications take and return."""

import uuid
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, model_validator

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.http.fields import Body
from flowpilot.http.paging import ListPage
from flowpilot.notifications.delivery.trouble import TroubleKind


class NotificationOut(BaseModel):
    """Something the caller should know."""

    id: uuid.UUID
    kind: HandoffEventKind | TroubleKind
    text: str
    path: str = Field(description="The page to open.")
    handoff_id: uuid.UUID | None = Field(description="Null if it is not about a handoff.")
    session_id: uuid.UUID | None
    created_at: datetime = Field(description="When it happened.")
    read_at: datetime | None
    settled: str | None = Field(
        description="What has become of it, once it no longer applies and counts as read. Null until then."
    )


class NotificationPage(ListPage[NotificationOut]):
    """Some notifications, and how many of all are unread and still apply."""

    unread_count: int


class UnreadOut(BaseModel):
    """How many notifications are unread and still apply."""

    unread_count: int


class ReadIn(Body):
    """Which notifications were read: the listed ones, or all up to and including one."""

    ids: list[uuid.UUID] | None = Field(default=None, min_length=1, max_length=200)
    up_to: uuid.UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) == (self.up_to is None):
            raise ValueError("give either ids or up_to")
        return self


class Preferences(Body):
    """The kinds of channel that notify the caller. Channels of the whole account do not depend on them."""

    in_app: bool
    email: bool
    slack: bool
    teams: bool
    webhook: bool
