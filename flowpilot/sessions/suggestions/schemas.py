"""What is said of a suggestion."""

from typing import Literal

from pydantic import Field

from flowpilot.copilot.schemas import MAX_LINE, Source
from flowpilot.http.fields import Body, Remark
from flowpilot.sessions.following.seen import Seen
from flowpilot.sessions.suggestions.models import DismissalReason, SuggestionResult
from flowpilot.sessions.suggestions.queries import ShownSuggestion


class SuggestionIn(Body):
    """A suggestion as it was shown: by its `action`, and by who made it."""

    action: str = Field(min_length=1, max_length=MAX_LINE)
    source: Source | None = Field(
        default=None,
        description="The `source` of the suggestion that was shown. Without it, the suggestion counts as the AI's "
        "if both have made it.",
    )

    @property
    def shown(self) -> ShownSuggestion:
        """Which suggestion it is."""
        return ShownSuggestion(self.action, self.source)


class RestoredIn(Body):
    """A suggestion that was dismissed, by its `action`."""

    action: str = Field(min_length=1, max_length=MAX_LINE)


class ResultIn(SuggestionIn):
    """A suggestion that was done, and what came of it."""

    result: Literal[SuggestionResult.SOLVED, SuggestionResult.NOT_HELPED, SuggestionResult.DONE]
    note: Remark = ""


class DismissalIn(SuggestionIn):
    """A suggestion that is not followed, and why."""

    reason: DismissalReason
    note: Remark = ""


class SeenSuggestionIn(Seen, SuggestionIn):
    """A suggestion of a session, and where that was when it was shown."""

    @property
    def shown(self) -> ShownSuggestion:
        """Which suggestion it is, of the list of that moment."""
        return ShownSuggestion(self.action, self.source, self.after_step)


class DoneIn(SeenSuggestionIn, ResultIn):
    """A suggestion of a session that was done, and what came of it."""


class DismissedIn(SeenSuggestionIn, DismissalIn):
    """A suggestion of a session that is not followed, and why."""
