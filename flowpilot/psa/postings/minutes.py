"""The minutes of a session, reconciled: what was worked, what is posted of it, and what was seen there. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace

from flowpilot.identity.schemas import PersonOut
from flowpilot.psa.postings.models import State
from flowpilot.psa.postings.schemas import PostingOut


@dataclass(frozen=True, slots=True)
class PostedTime:
    """One person's time: the seconds worked, the minutes posted for them, and those that were seen there."""

    by: PersonOut | None
    worked_seconds: float = 0.0
    minutes: int = 0
    confirmed_minutes: int = 0


def posted_times(postings: Iterable[PostingOut]) -> list[PostedTime]:
    """Everybody's time in these postings, without what was given up, in the order of their first step."""
    sums: dict[uuid.UUID | None, PostedTime] = {}
    steps = [step for posting in postings for step in posting.steps]
    for step in sorted(steps, key=lambda step: step.id):
        if step.minutes is None or step.state == State.ABANDONED:
            continue
        person = None if step.by is None else step.by.id
        before = sums.get(person) or PostedTime(step.by)
        sums[person] = replace(
            before,
            worked_seconds=before.worked_seconds + (step.worked_seconds or 0.0),
            minutes=before.minutes + step.minutes,
            confirmed_minutes=before.confirmed_minutes + (step.minutes if step.state == State.CONFIRMED else 0),
        )
    return list(sums.values())
