"""What the routes of tickets take and return."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from flowpilot.http.fields import Body
from flowpilot.psa.provider import Ticket
from flowpilot.psa.tickets.reading import TicketContext
from flowpilot.psa.tickets.template import TicketUrl


class TicketOut(BaseModel):
    """A ticket, as the ticket system shows it now."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(description="Of a merged ticket, the id of the one that it was merged into.")
    url: str | None = Field(description="At which people open it.")
    summary: str
    client: str | None
    client_id: str | None = Field(description="The company's id in the ticket system.")
    contact: str | None
    board: str | None = Field(description="A queue, project or team, as the system calls it.")
    status: str | None
    is_closed: bool
    updated_at: datetime | None


class TicketPageOut(BaseModel):
    """Some tickets, and what leads to more."""

    items: list[TicketOut]
    next_cursor: str | None


class NoteOut(BaseModel):
    """A note on a ticket, as plain text."""

    model_config = ConfigDict(from_attributes=True)

    author: str | None
    text: str
    is_internal: bool
    created_at: datetime | None


class TicketContextOut(TicketOut):
    """A ticket with its last notes, newest first; as it was at most a minute ago."""

    priority: str | None
    is_deleted: bool
    is_merged: bool = Field(description="Whether the ticket that was asked for was merged into this one.")
    last_closed_at: datetime | None = Field(
        description="When it was last closed, as far as FlowPilot knows: seen so, or set so by a posting."
    )
    notes: list[NoteOut]

    @classmethod
    def of(cls, context: TicketContext) -> Self:
        """The context as the API shows it."""
        shown = TicketOut.model_validate(context.ticket).model_dump()
        ticket: Ticket = context.ticket
        notes = [NoteOut.model_validate(note) for note in context.notes]
        return cls(
            **shown,
            priority=ticket.priority,
            is_deleted=ticket.is_deleted,
            is_merged=context.is_merged,
            last_closed_at=context.last_closed_at,
            notes=notes,
        )


class TemplateIn(Body):
    """The account's own address of tickets, with `{ticket}` where the number belongs; null for none."""

    template: TicketUrl


class TemplateOut(BaseModel):
    """How ticket numbers become links; null if they do not."""

    template: str | None
    is_own: bool = Field(description="Whether it was entered here; otherwise a check has learned it.")
