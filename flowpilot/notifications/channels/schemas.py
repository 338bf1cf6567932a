"""What the routes of channels take and give."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.http.bodies import Body
from flowpilot.http.fields import Line, Storable
from flowpilot.identity.actor import Actor
from flowpilot.notifications.delivery.routes import Rest
from flowpilot.notifications.models import ChannelKind, NotificationChannel
from flowpilot.outgoing.destinations import MAX_URL


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
