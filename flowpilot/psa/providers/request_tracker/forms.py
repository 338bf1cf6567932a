"""What a connection to Request Tracker is made of, as forms."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from flowpilot.http.fields import Body, Line, Trimmed
from flowpilot.psa.provider import Status
from flowpilot.psa.providers.waiting import SLOWEST_ANSWER_SECONDS, SlowestAnswer

_DEFAULT = "default: new, open, stalled | resolved, rejected"


class Credentials(Body):
    """A token of the user that FlowPilot acts as."""

    token: Line = Field(
        pattern=r"^[!-~]+$",
        title="Token",
        description="Made in Request Tracker: Logged in as …, Settings, Auth Tokens. Time is booked on its owner.",
    )


class Settings(Body):
    """What Request Tracker does not tell."""

    lifecycles: Annotated[str, Field(max_length=2_000)] = Field(
        _DEFAULT,
        title="Lifecycles",
        description=(
            "Request Tracker does not tell programs which statuses there are. For each lifecycle: its name, a "
            "colon, the statuses of open tickets, a bar, and those of closed tickets. A semicolon before the next."
        ),
    )
    member_domains: Trimmed = Field(
        "",
        title="E-mail domains of the desk",
        description="Separated by commas. Without any: the domain of the token's owner.",
    )
    slowest_answer_seconds: SlowestAnswer = SLOWEST_ANSWER_SECONDS

    @field_validator("lifecycles")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        statuses_of(text)
        return text


def statuses_of(lifecycles: str) -> dict[str, tuple[Status, ...]]:
    """The statuses of each lifecycle, by its name.

    Raises:
        ValueError: one of them is not in that form.
    """
    found = {}
    for lifecycle in filter(str.strip, re.split(r"[;\n]", lifecycles)):
        name, colon, statuses = lifecycle.partition(":")
        is_open, bar, closed = statuses.partition("|")
        if not (name.strip() and colon and bar):
            raise ValueError(f"must be such as “{_DEFAULT}”")
        found[name.strip()] = (*_statuses(is_open, is_closed=False), *_statuses(closed, is_closed=True))
    return found


def _statuses(names: str, *, is_closed: bool) -> tuple[Status, ...]:
    return tuple(Status(name, name, is_closed) for name in map(str.strip, names.split(",")) if name)
