"""What a connection to ConnectWise PSA needs to know. What could not be tried on a real tenant is a setting."""

from enum import StrEnum

from pydantic import Field

from flowpilot.http.fields import Body, Line, Text
from flowpilot.psa.providers.waiting import SLOWEST_ANSWER_SECONDS, SlowestAnswer
from flowpilot.psa.texts import Key, Secret


class Hosting(StrEnum):
    """Who runs the server: ConnectWise changes the path of its interface with each upgrade of the cloud."""

    BY_ADDRESS = "by_address"
    CLOUD = "cloud"
    OWN_SERVER = "own_server"


class BillableOption(StrEnum):
    """Whether time is billed, in ConnectWise's own words."""

    BILLABLE = "Billable"
    DO_NOT_BILL = "DoNotBill"
    NO_CHARGE = "NoCharge"
    NO_DEFAULT = "NoDefault"


class Credentials(Body):
    """The keys of an API member."""

    company: Line = Field(
        title="Company", description="The company that people enter to sign in to ConnectWise PSA."
    )
    public_key: Key = Field(title="Public key", description="From the API member's tab “API Keys”.")
    private_key: Secret = Field(title="Private key", description="Shown once, when the keys are created.")
    client_id: Key = Field(
        title="Client ID", description="From developer.connectwise.com; every integration has its own."
    )


class Settings(Body):
    """How FlowPilot uses this ConnectWise PSA."""

    hosting: Hosting = Field(
        Hosting.BY_ADDRESS,
        title="Hosting",
        description="Choose one if the address does not tell: a cloud has an address at myconnectwise.net.",
    )
    codebase: str = Field(
        "",
        title="Codebase",
        description="Path of the interface, such as v4_6_release/. If empty, FlowPilot finds it.",
        pattern=r"^([\w.-]+/)?$",
        max_length=50,
    )
    api_version: str = Field(
        "2025.16",
        title="Version of the interface",
        description="Answers keep this version's form after an upgrade. Empty: the server's own.",
        pattern=r"^(\d{4}\.\d{1,2})?$",
    )
    work_type_id: int | None = Field(
        None, title="Work type", description="Number of the work type of booked time. Empty: the default.", ge=1
    )
    work_role_id: int | None = Field(
        None, title="Work role", description="Number of the work role of booked time. Empty: the default.", ge=1
    )
    billable_option: BillableOption | None = Field(
        None,
        title="Billing",
        description="Whether booked time is billed. Without a choice: as agreement and work type say.",
        json_schema_extra={"format": "identifier"},
    )
    time_notes: Text = Field(
        "",
        title="Notes of a time entry",
        description="A text that clients may read on invoices. Only needed if time entries must have notes.",
    )
    sends_end: bool = Field(
        True,
        title="Send the end of work",
        description="Send start, end and hours of booked time. Otherwise, start and hours.",
    )
    notifies_clients: bool = Field(
        True,
        title="Notify clients",
        description="A text for the client also sends the e-mail that the board sends for such a note.",
    )
    breaks_lines_in_markdown: bool = Field(
        False,
        title="Line breaks for markdown",
        description="End each line of a note with two spaces, if notes are shown without their line breaks.",
    )
    max_note_chars: int = Field(
        60_000, title="Longest note", description="In characters. A longer one is shortened.", ge=500, le=1_000_000
    )
    slowest_answer_seconds: SlowestAnswer = SLOWEST_ANSWER_SECONDS
    closed_status_names: Text = Field(
        "",
        title="Further closed statuses",
        description="Statuses, separated by commas, that mean closed although their board does not say so.",
    )
    ticket_path: str = Field(
        "/v4_6_release/ConnectWise.aspx?routeTo=ServiceFV&recid={id}",
        title="Path of a ticket",
        description="Where people open a ticket, with {id} for its number.",
        pattern=r"^/[!-~]*\{id\}[!-~]*$",
        max_length=200,
    )
    search_order: str = Field(
        "_info/lastUpdated desc",
        title="Order of a search",
        description="A field and a direction, as ConnectWise orders lists.",
        pattern=r"^[\w/]+( (asc|desc))?$",
        max_length=50,
    )
