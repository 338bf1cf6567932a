"""What the routes of channels take and return."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body, Line, Storable
from flowpilot.identity.actor import Actor
from flowpilot.notifications.delivery.resting import Rest
from flowpilot.notifications.models import ChannelKind, NotificationChannel
from flowpilot.outgoing.destinations import MAX_URL


class ChannelIn(Body):
    """A new channel: the caller's own (`mine`), or the account's."""

    kind: Literal[ChannelKind.SLACK, ChannelKind.TEAMS, ChannelKind.WEBHOOK]
    name: Line
    url: Annotated[Storable, Field(min_length=1, max_length=MAX_URL)]
    mine: bool = False


class ChannelChangeIn(Body):
    """What to change about a channel. Fields that are left out stay as they are."""

    name: Line | None = None
    is_active: bool | None = None


class RestOut(BaseModel):
    """A channel, or e-mail, that rests after several failures in a row. Its messages are retried automatically."""

    model_config = ConfigDict(from_attributes=True)

    since: datetime
    next_try_at: datetime
    reason: str
    n_waiting: int = Field(description="Messages that wait until it works again, for a day at most.")


class EmailOut(BaseModel):
    """Whether the account's e-mail works."""

    rest: RestOut | None = Field(description="Null while it works, or has not failed often enough to rest.")


class ChannelOut(BaseModel):
    """A channel. Only the host of its address is shown, and not even that for another member's own channel."""

    id: uuid.UUID
    kind: ChannelKind
    name: str
    host: str | None
    user_id: uuid.UUID | None = Field(description="The member it belongs to; null for a channel of the account.")
    is_active: bool
    created_by: uuid.UUID | None
    created_at: datetime
    rest: RestOut | None = Field(description="Null while it works, or has not failed often enough to rest.")


class NewChannelOut(ChannelOut):
    """A new channel. `secret` signs a webhook's messages, and is never shown again."""

    secret: str | None = None


class SecretOut(BaseModel):
    """A new signing secret, which is never shown again; null when the same request is repeated."""

    secret: str | None = None


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
