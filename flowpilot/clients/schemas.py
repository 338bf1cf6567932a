"""What the routes of clients take and give."""

import uuid

from pydantic import BaseModel, ConfigDict


class ClientRef(BaseModel):
    """Which client, and what it is called."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    name: str
