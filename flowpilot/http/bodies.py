"""The body of a request."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """The body of a request. An unknown field is refused, by name.

    Otherwise a misspelt field would be ignored: with `prioity: "urgent"`, a handoff would wait as a normal one.
    """

    model_config = ConfigDict(extra="forbid")
