"""What a request may carry."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """The body of a request. A field that it does not have is refused by name.

    Otherwise a misspelt field would be taken for its default: a `prioity` of "urgent" would wait as a normal one.
    """

    model_config = ConfigDict(extra="forbid")
