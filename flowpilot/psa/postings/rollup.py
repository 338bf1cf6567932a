"""What a posting is, derived from its steps: its state and its reason."""

from datetime import datetime

from flowpilot.db.session import Db
from flowpilot.psa.postings.loaded import LoadedPosting, said
from flowpilot.psa.postings.models import WAITING, State
from flowpilot.psa.postings.reporting import report
from flowpilot.psa.provider import PostingStepKind

_LEFT_OUT = {(PostingStepKind.STATUS, State.ABANDONED), (PostingStepKind.FILE, State.ABANDONED)}


async def roll_up(db: Db, loaded: LoadedPosting, now: datetime) -> None:
    """Derive the posting's state and reason from its steps, and report what has changed."""
    # A status or a file that was left out takes nothing from what has arrived.
    counted = [step for step in loaded.steps if (step.kind, step.state) not in _LEFT_OUT] or loaded.steps
    posting, states = loaded.posting, {step.state for step in counted}
    if posting.state == State.HELD and states - {State.CONFIRMED, State.ABANDONED}:
        return
    if (State.FAILED in states and not states & {State.QUEUED, State.SENT}) or _is_stuck(loaded):
        posting.state = State.FAILED
    else:
        order = (State.QUEUED, State.SENT, State.ABANDONED, State.CONFIRMED)
        posting.state = next(state for state in order if state in states)
    say(loaded)
    posting.ended_at = None if posting.state in WAITING else posting.ended_at or now
    await db.flush()
    await report(db, posting, loaded.steps, loaded.was, now)


def say(loaded: LoadedPosting) -> None:
    """The posting says what its steps say. What it says beyond that, of a merge for example, stays."""
    now_said = said(loaded.steps)
    if now_said is not None or loaded.posting.reason == loaded.said:
        loaded.posting.reason = now_said


def _is_stuck(loaded: LoadedPosting) -> bool:
    """Whether only the status is left, and does not go because something before it has failed."""
    left = [step for step in loaded.steps if step.state in {State.QUEUED, State.SENT}]
    has_failed = any(step.state == State.FAILED for step in loaded.steps if step.kind != PostingStepKind.FILE)
    return has_failed and all(step.kind == PostingStepKind.STATUS for step in left)
