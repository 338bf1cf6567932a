"""What the notification routes take and give."""

import uuid
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowpilot.handoffs.models import HandoffEventKind
from flowpilot.http.bodies import Body
from flowpilot.http.fields import Line, Storable
from flowpilot.http.paging import ListPage
from flowpilot.identity.actor import Actor
from flowpilot.notifications.delivery.routes import Rest
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.models import ChannelKind, DeliveryStatus, NotificationChannel
from flowpilot.outgoing.destinations import MAX_URL


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


class ChannelIn(Body):
    """A new channel: the caller's own (`mine`), or the account's."""

    kind: Literal[ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK]
    name: Line
    url: Annotated[Storable, Field(min_length=1, max_length=MAX_URL)]
    mine: bool = False


class ChannelChangeIn(Body):
    """What to change of a channel; what is left out stays."""

    name: Line | None = None
    is_active: bool | None = None


class RestOut(BaseModel):
    """How a channel, or e-mail, rests after failures in a row. What waits is tried again by itself."""

    model_config = ConfigDict(from_attributes=True)

    since: datetime
    next_try_at: datetime
    reason: str
    n_waiting: int = Field(description="Messages that wait until it works again, for a day at most.")


class EmailOut(BaseModel):
    """How the account's e-mail does."""

    rest: RestOut | None = Field(description="Null: it works, or has not failed often enough.")


class ChannelOut(BaseModel):
    """A channel. Of its address only the host is shown, and of another member's own not even that."""

    id: uuid.UUID
    kind: ChannelKind
    name: str
    host: str | None
    user_id: uuid.UUID | None = Field(description="Whose own it is; null: the account's.")
    is_active: bool
    created_by: uuid.UUID | None
    created_at: datetime
    rest: RestOut | None = Field(description="Null: it works, or has not failed often enough.")


class NewChannelOut(ChannelOut):
    """A channel at the moment it is made. `secret` signs a webhook's messages, and is never shown again."""

    secret: str | None = None


class SecretOut(BaseModel):
    """A new signing secret, which is never shown again. It is null where the same request came before."""

    secret: str | None = None


class DeliveryOut(BaseModel):
    """One message to one address. A test belongs to no event, an e-mail to no channel.

    One that was dropped no longer held when it was to be sent; `error` says why.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: ChannelKind
    event_id: uuid.UUID | None
    channel_id: uuid.UUID | None
    user_id: uuid.UUID | None
    status: DeliveryStatus
    attempts: int
    response_status: int | None = Field(description="What a receiver answered to the last attempt, if it did.")
    error: str | None
    created_at: datetime
    last_attempt_at: datetime | None
    sent_at: datetime | None


class QueuedOut(BaseModel):
    """A delivery that will be made soon."""

    delivery_id: uuid.UUID


def channel_out(actor: Actor, channel: NotificationChannel, rest: Rest | None = None) -> ChannelOut:
    """A channel as the actor may see it."""
    return ChannelOut(
        id=channel.id,
        kind=ChannelKind(channel.kind),
        name=channel.name,
        host=channel.host if channel.user_id in {None, actor.user_id} else None,
        user_id=channel.user_id,
        is_active=channel.is_active,
        created_by=channel.created_by,
        created_at=channel.created_at,
        rest=None if rest is None else RestOut.model_validate(rest),
    )
