"""What is said of the next steps of a handoff."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from flowpilot.handoffs.suggestions.assessed import AssessedStep
from flowpilot.sessions.suggestions.models import SuggestionResult


class NextStepOut(BaseModel):
    """A next step of the assessment, and what became of it."""

    action: str
    is_of_flow: bool = Field(description="The session's flow has it, too: it is answered there.")
    result: SuggestionResult | None = Field(description="What became of it; null as long as nobody has said.")
    may_answer: bool = Field(description="Whether the caller may say that it is done, or dismiss it.")
    may_restore: bool = Field(description="Whether the caller may take its dismissal back.")


def next_steps_out(steps: Sequence[AssessedStep], *, may_answer: bool) -> list[NextStepOut]:
    """The steps as somebody sees them who may or may not answer them."""
    return [
        NextStepOut(
            action=one.suggested.action,
            is_of_flow=one.is_of_flow,
            result=one.result,
            may_answer=may_answer and one.is_open,
            may_restore=may_answer and one.result == SuggestionResult.DISMISSED,
        )
        for one in steps
    ]
