"""What the routes of companies return."""

import uuid

from pydantic import BaseModel, ConfigDict, Field


class PsaCompanyOut(BaseModel):
    """A company that the desk works for, as the ticket system knows it."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Its id in the ticket system.")
    name: str


class PsaCompanyPage(BaseModel):
    """Companies, and what leads to more. `PUT /clients/companies` maps one to a client."""

    model_config = ConfigDict(from_attributes=True)

    connection_id: uuid.UUID
    items: list[PsaCompanyOut]
    next_cursor: str | None
