"""What the API says of a session's note."""

from pydantic import BaseModel


class DocumentationOut(BaseModel):
    """The note for the ticket. `work_seconds` is the time spent, without pauses and waiting."""

    markdown: str
    text: str
    work_seconds: float
