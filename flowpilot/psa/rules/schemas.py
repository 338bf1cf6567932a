"""What the routes of an account's rules take and give."""

from typing import Annotated

from pydantic import ConfigDict, Field

from flowpilot.http.fields import Body, Storable
from flowpilot.psa.tickets.template import PLACE, TicketUrl

LONGEST_HOLD_MINUTES = 7 * 24 * 60

ClientText = Annotated[Storable, Field(max_length=2_000)]


class RulesOut(Body):
    """What an account posts to its ticket system by itself, and when."""

    model_config = ConfigDict(from_attributes=True)

    posts_note: bool = Field(description="The note, when a session ends.")
    posts_time: bool = Field(description="The time of each person, when a session ends.")
    posts_status: bool = Field(description="The status that is chosen for the ticket's board.")
    posts_escalation: bool = Field(description="Note and time, also when a session is escalated.")
    hold_minutes: int = Field(description="How long a posting waits before it goes.")
    waits_for_person: bool = Field(description="Postings wait until somebody sends them.")
    client_greeting: str = Field(description="The first line of a text for the client.")
    client_signature: str = Field(description="The last lines of a text for the client.")
    ticket_url_template: str | None = Field(
        description=f"The address of a ticket, with `{PLACE}` for its number; used without a connection."
    )


class RulesIn(Body):
    """What is changed. Fields that are not sent stay as they are."""

    posts_note: bool = True
    posts_time: bool = True
    posts_status: bool = False
    posts_escalation: bool = False
    hold_minutes: int = Field(0, ge=0, le=LONGEST_HOLD_MINUTES)
    waits_for_person: bool = False
    client_greeting: ClientText = ""
    client_signature: ClientText = ""
    ticket_url_template: TicketUrl = None
