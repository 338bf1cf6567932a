"""A step as a route takes it."""

from typing import Self

from pydantic import Field, model_validator

from flowpilot.attachments.schemas import AttachmentIds
from flowpilot.http.fields import Line, Remark, Words
from flowpilot.sessions.following.seen import Seen


class StepIn(Seen):
    """One step: a `choice`, an `outcome` with an optional `note`, or `free_text`; or files alone, as a note."""

    choice: Line | None = None
    outcome: Line | None = None
    note: Remark = ""
    free_text: Words | None = None
    is_note: bool = Field(
        default=False,
        description="The `free_text` answers no question: it is kept as a note, wherever the session is now.",
    )
    attachments: AttachmentIds = Field(default_factory=list)

    @property
    def has_files(self) -> bool:
        """Whether files come with it, which may be all that it says."""
        return bool(self.attachments)

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        n_said = 3 - [self.choice, self.outcome, self.free_text].count(None)
        if n_said > 1 or (n_said == 0 and not self.has_files):
            raise ValueError("send one of choice, outcome and free_text")
        if self.is_note and self.free_text is None:
            raise ValueError("is_note goes with a free_text")
        if self.note and self.outcome is None:
            raise ValueError("a note goes with an outcome; send it as free_text instead")
        return self
