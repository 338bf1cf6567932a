"""What somebody enters to connect Autotask."""

from typing import Annotated, Literal

from pydantic import Field

from flowpilot.http.fields import Body, EmptyIsNone, Line
from flowpilot.psa.providers.numbered import ClosedStatusIds, RecordNumber
from flowpilot.psa.providers.waiting import SLOWEST_ANSWER_SECONDS, SlowestAnswer
from flowpilot.psa.texts import Key, Secret


class Credentials(Body):
    """The API user that FlowPilot signs in as."""

    username: Key = Field(title="User name", description="Of the API user, which looks like an e-mail address.")
    secret: Secret = Field(title="Secret", description="Autotask shows it once.")
    integration_code: Secret = Field(
        title="API tracking identifier",
        description="Of the API user: choose FlowPilot's, or a custom one for internal integrations.",
    )


class Settings(Body):
    """What differs between one Autotask and another."""

    role_id: Annotated[RecordNumber | None, EmptyIsNone] = Field(
        None,
        title="Role of time entries",
        description="The number of the role that time is booked with. Without it, each engineer's default service "
        "desk role is used.",
    )
    billing_code_id: Annotated[RecordNumber | None, EmptyIsNone] = Field(
        None,
        title="Work type of time entries",
        description="The number of the billing code that time is booked with. Without it, Autotask decides.",
    )
    time_summary: Line = Field(
        "Work on this ticket",
        title="Summary of time entries",
        description="Clients may read it on an invoice. The note says what was done, for the desk alone.",
    )
    internal_publish: RecordNumber = Field(
        2,
        title="Publishing of internal notes",
        description="The number of the choice that shows a note to the desk alone. A check shows its name.",
    )
    client_publish: RecordNumber = Field(
        1,
        title="Publishing of notes for clients",
        description="The number of the choice that shows a note to the client. A check shows its name.",
    )
    note_type: RecordNumber = Field(
        1, title="Type of notes", description="The number of the note type. A check shows its name."
    )
    closed_status_ids: ClosedStatusIds = "5"
    writes_as: Literal["engineer", "api_user"] = Field(
        "engineer",
        title="Writes as",
        description="Notes and time are written in the engineer's name, which their security level and the API "
        "user's have to allow. Otherwise notes are the API user's, and time is booked for the engineer by it.",
    )
    share_percent: int = Field(
        75,
        ge=10,
        le=95,
        title="Share of the requests in an hour",
        description="All integrations of a tenant share its limit of requests. Above this share, FlowPilot waits.",
    )
    zone_lookup_url: Line = Field(
        "https://webservices.autotask.net",
        title="Zone look-up",
        description="Where Autotask says in which of its zones a tenant is. Change it for a sandbox only.",
    )
    slowest_answer_seconds: SlowestAnswer = SLOWEST_ANSWER_SECONDS
