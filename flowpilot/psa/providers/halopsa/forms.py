"""What somebody enters to connect HaloPSA."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from flowpilot.http.fields import Body, EmptyIsNone, Line, Trimmed
from flowpilot.psa.providers.numbered import ClosedStatusIds, RecordNumber
from flowpilot.psa.providers.waiting import SLOWEST_ANSWER_SECONDS, SlowestAnswer
from flowpilot.psa.texts import Secret


class Credentials(Body):
    """The application that FlowPilot signs in as."""

    model_config = ConfigDict(frozen=True)

    client_id: Line = Field(title="Client ID", description="Of the application under Integrations, HaloPSA API.")
    client_secret: Secret = Field(title="Client secret", description="HaloPSA shows it once, when it is made.")
    tenant: Trimmed = Field("", title="Tenant", description="Only if HaloPSA hosts it and asks for it.")


class Settings(Body):
    """What differs between one HaloPSA and another."""

    outcome_id: RecordNumber = Field(
        title="Outcome of internal notes",
        description="The number of the action, such as Private Note, that notes and time are added with. "
        "Choose one that sends no e-mail.",
    )
    client_outcome_id: Annotated[RecordNumber | None, EmptyIsNone] = Field(
        None,
        title="Outcome of notes for clients",
        description="The number of the action that a text for the client is sent with. Its own settings decide "
        "whether it goes out as an e-mail. Without it, no text can be sent to clients.",
    )
    time_unit: Literal["hours", "minutes"] = Field(
        "hours",
        title="Unit of the time taken",
        description="What the field timetaken holds. Look at the first booked time.",
    )
    agent_field: Literal["who_agentid", "actionby_agent_id"] = Field(
        "who_agentid",
        title="Field of the agent",
        description="Which field of an action says whose it is. Look at the first booked time.",
        json_schema_extra={"format": "identifier"},
    )
    closed_status_ids: ClosedStatusIds = "9"
    merged_field: Line = Field(
        "merged_into_id",
        title="Field of a merged ticket",
        description="Which field of a ticket has the number of the ticket that it was merged into.",
    )
    auth_url: Trimmed = Field(
        "",
        title="Authorisation server",
        description="If it is not the address with /auth at its end.",
    )
    ticket_path: Line = Field(
        "/ticket?id=",
        title="Path of a ticket",
        description="What is between the address and the number when you open a ticket in a browser.",
    )
    slowest_answer_seconds: SlowestAnswer = SLOWEST_ANSWER_SECONDS
