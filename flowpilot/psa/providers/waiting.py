"""A setting that every ticket system has: how long an unanswered request may still be carried out."""

from typing import Annotated

from pydantic import Field

# Longer than web servers and the proxies before them let a request run, unless somebody has changed that.
SLOWEST_ANSWER_SECONDS = 120

SlowestAnswer = Annotated[
    float,
    Field(
        title="Slowest answer in seconds",
        description="An unanswered request may still be carried out for so long. Only then does FlowPilot look "
        "for what it was to write, and send it again if that is not there.",
        ge=1,
        le=3600,
    ),
]
