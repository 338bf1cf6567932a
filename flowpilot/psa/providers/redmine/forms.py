"""What FlowPilot has to know of a Redmine beside its address."""

from typing import Annotated

from pydantic import AfterValidator, Field

from flowpilot.clock import zone_names
from flowpilot.http.fields import Body, EmptyIsNone, Line
from flowpilot.psa.providers.waiting import SLOWEST_ANSWER_SECONDS, SlowestAnswer
from flowpilot.psa.texts import Key


def _known_zone(name: str) -> str:
    if name not in zone_names():
        raise ValueError("is not an IANA time zone. Use a name such as Europe/Vienna or UTC.")
    return name


class Credentials(Body):
    """The key of the Redmine user in whose name notes are written."""

    api_key: Key = Field(
        title="API access key",
        description="Of a Redmine user for FlowPilot: My account, API access key, Show.",
    )


class Settings(Body):
    """Which of Redmine's own choices to use."""

    timezone: Annotated[Annotated[Line, AfterValidator(_known_zone)] | None, EmptyIsNone] = Field(
        None,
        title="Time zone",
        description="Redmine keeps time by the day: by the day in this time zone on which the work began. Empty: "
        "the account's time zone.",
    )
    activity: Annotated[Line | None, EmptyIsNone] = Field(
        None,
        title="Activity",
        description="The name of the activity for booked time. Without it, Redmine's default activity is used.",
    )
    client_field: Annotated[Line | None, EmptyIsNone] = Field(
        None,
        title="Client field",
        description="The name of the issues' custom field that holds the client. Without it, the project is the "
        "client.",
    )
    attaches_files: bool = Field(
        False,
        title="Attach files",
        description="Redmine shows a ticket's files to everybody who sees the ticket, also those that come with a "
        "private note. Only tick this if all of them may see the screenshots of your sessions.",
    )
    slowest_answer_seconds: SlowestAnswer = SLOWEST_ANSWER_SECONDS
