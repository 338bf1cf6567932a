"""What the routes of deliveries give."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.notifications.models import ChannelKind, DeliveryStatus


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
