"""What the routes of deliveries return."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.notifications.models import ChannelKind, DeliveryStatus


class DeliveryOut(BaseModel):
    """One message to one address. A test belongs to no event, an e-mail to no channel.

    A dropped message was out of date before it was sent; `error` says why.
    """

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    kind: ChannelKind
    event_id: uuid.UUID | None
    channel_id: uuid.UUID | None
    user_id: uuid.UUID | None
    status: DeliveryStatus
    attempts: int
    response_status: int | None = Field(description="The receiver's answer to the last attempt, if there was one.")
    error: str | None
    created_at: datetime
    last_attempt_at: datetime | None
    sent_at: datetime | None


class QueuedOut(BaseModel):
    """A message that will be sent soon."""

    delivery_id: uuid.UUID
