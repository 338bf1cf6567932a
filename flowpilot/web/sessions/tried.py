"""What became of the last thing that was tried: it decides what the page says, and offers first. Pure."""

from flowpilot.sessions.edits.schemas import StepOut
from flowpilot.sessions.models import EDITS, MARKS, StepKind
from flowpilot.sessions.schemas import SessionOut
from flowpilot.sessions.suggestions.models import SuggestionResult
from flowpilot.sessions.suggestions.service import LABELS

_SAYS_NOTHING_OF_IT = {StepKind.NOTE, *MARKS, *EDITS}
_SOLVED = LABELS[SuggestionResult.SOLVED]


def failed_fix(session: SessionOut) -> str:
    """The fix that has not proved itself, if nothing has been tried since; otherwise empty."""
    last = _last_outcome(session)
    return _instruction(last) if last is not None and "fix" in last.content else ""


def solved_with(session: SessionOut) -> str:
    """The suggestion that somebody says has solved it, if nothing has been tried since; otherwise empty."""
    last = _last_outcome(session)
    is_solved = last is not None and "suggestion" in last.content and last.content["outcome"] == _SOLVED
    return _instruction(last) if last is not None and is_solved else ""


def _instruction(step: StepOut) -> str:
    return str(step.content["instruction"])


def _last_outcome(session: SessionOut) -> StepOut | None:
    kept = set(session.standing)
    steps = [one for one in session.steps if one.id in kept and one.kind not in _SAYS_NOTHING_OF_IT]
    return steps[-1] if steps and steps[-1].kind == StepKind.OUTCOME else None
