"""Whether a fix waits again once it is taken back that it did not help. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from flowpilot.sessions.edits.record import Records, fallen_with
from flowpilot.sessions.models import EDITS, AISessionStep, SessionStatus, StepKind

# What says that a fix did not help has this of the wait that it ended; without it, the fix does.
LOOK_AGAIN: Final = "look_again_at"


class Change(Protocol):
    """A change of the session's status."""

    @property
    def to_status(self) -> Any:
        """The status from then on."""

    @property
    def created_at(self) -> datetime:
        """When it was."""


def fix_again(
    step: AISessionStep, steps: Sequence[AISessionStep], changes: Sequence[Change], known: Records
) -> AISessionStep | None:
    """The fix that waits again if this step is taken back: it said that the fix did not help, by mistake.

    None if it says no such thing, or if something has been done since, so that nobody waits for that fix any more.
    What was noted, corrected or struck since is no such thing, nor is what was taken back.
    """
    if step.kind != StepKind.OUTCOME or "fix" not in step.content or known.of(step).taken_back is not None:
        return None
    fix = next((one for one in steps if str(one.id) == step.content["fix"]), None)
    if fix is None or known.of(fix).taken_back is not None or _has_moved(step, changes):
        return None
    later = [one for one in steps if one.position > step.position]
    before = {one.id for one in steps if one.position <= step.position}
    return None if any(_does_something(one, before, known) for one in later) else fix


def looks_again_at(failed: AISessionStep, fix: AISessionStep) -> datetime:
    """When the fix was to be looked at, before somebody said that it did not help."""
    return datetime.fromisoformat(failed.content.get(LOOK_AGAIN) or fix.content[LOOK_AGAIN])


def _has_moved(step: AISessionStep, changes: Sequence[Change]) -> bool:
    """Whether the session was handed over, given back or ended since. To pause it by hand moves nothing."""
    since = [change for change in changes if change.created_at >= step.created_at]
    went_on = [change for change in since if change.created_at == step.created_at]
    stays = {SessionStatus.PAUSED, *(change.to_status for change in went_on)}
    return not went_on or any(change.to_status not in stays for change in since)


def _does_something(step: AISessionStep, before: set[Any], known: Records) -> bool:
    if step.kind == StepKind.TAKE_BACK:
        # The session stands elsewhere then, unless what was taken back came later, too.
        return not before.isdisjoint(fallen_with(step))
    is_words = step.kind == StepKind.NOTE or step.is_free_text or step.kind in EDITS
    return not is_words and known.of(step).taken_back is None
