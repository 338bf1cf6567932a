"""How long people worked on a session. Pure."""

import itertools
import uuid
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flowpilot.sessions.models import EDITS, MARKS, AISessionStep, SessionStatus
from flowpilot.sessions.queries import SessionHistory

# After this long without a step, nobody is at work on it.
LONGEST_STRETCH = timedelta(minutes=30)

_AT_WORK = frozenset({SessionStatus.ACTIVE, SessionStatus.ESCALATED})
# A colleague's tick or correction makes nobody a worker.
_IN_PASSING = MARKS | EDITS
_MAY_GO_ON = frozenset({SessionStatus.REQUESTING_ESCALATION})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time at work without a break. It is the time of who did what ends it, otherwise of the last one before."""

    by: uuid.UUID | None
    started_at: datetime
    spent: timedelta


def time_spent(history: SessionHistory, until: datetime) -> timedelta:
    """The time at work: from step to step, except for pauses and waiting for a senior."""
    return sum((stretch.spent for stretch in stretches(history, until)), timedelta())


def stretches(history: SessionHistory, until: datetime) -> Iterator[Stretch]:
    """The time at work, from one thing that happened to the next.

    A stretch without any step counts for at most `LONGEST_STRETCH`. One that nobody has ended, because the session
    was forgotten or a claim has lapsed, counts nothing: nobody knows when it ended. Of the time in which a session
    waits for a senior, what leads to a step counts: engineers may go on meanwhile. A colleague who only ticks or
    corrects something in what is somebody else's takes no time from them, and has none.
    """
    session = history.session
    changes = [(change.created_at, SessionStatus(change.to_status)) for change in history.changes]
    if not changes:
        # It was imported, without a history of its status.
        changes = [(session.created_at, SessionStatus.ACTIVE)]
    is_open = session.status in _AT_WORK
    worked = _steps_of_workers(history)
    steps = {step.created_at for step in worked}
    moments = {moment for moment, _ in changes} | steps
    moments |= {until} if is_open else {session.resolved_at or max(moments)}
    actors = _actors(history, worked)
    unattended = {change.created_at for change in history.changes if change.actor_id is None} - steps
    changed_at = [moment for moment, _ in changes]
    # Never whose the session is now: what was worked, and posted, must not change hands with it.
    last = None
    for earlier, later in itertools.pairwise(sorted(moments)):
        last = actors.get(earlier, last)
        n_changes = bisect_right(changed_at, earlier)
        status = changes[n_changes - 1][1] if n_changes else SessionStatus.ACTIVE
        if later not in unattended and (status in _AT_WORK or (status in _MAY_GO_ON and later in steps)):
            by = actors.get(later) or last or session.user_id
            yield Stretch(by, earlier, min(later - earlier, LONGEST_STRETCH))


def _steps_of_workers(history: SessionHistory) -> list[AISessionStep]:
    """The steps without the ticks and edits of people who did nothing else, and neither started nor own it."""
    workers = {history.session.user_id, history.session.owner_id}
    workers |= {step.actor_id for step in history.steps if step.kind not in _IN_PASSING}
    workers |= {change.actor_id for change in history.changes}
    return [step for step in history.steps if step.kind not in _IN_PASSING or step.actor_id in workers]


def _actors(history: SessionHistory, worked: Sequence[AISessionStep]) -> dict[datetime, uuid.UUID]:
    """Who did something at each moment. A step tells more than the change of status that it came with."""
    changes = {change.created_at: change.actor_id for change in history.changes if change.actor_id is not None}
    steps = {step.created_at: step.actor_id for step in worked if step.actor_id is not None}
    return changes | steps
