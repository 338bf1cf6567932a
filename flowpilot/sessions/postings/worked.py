"""The time of each person that is to be booked. Pure."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flowpilot.psa.postings.days import next_midnight
from flowpilot.psa.postings.planning import Worked
from flowpilot.sessions.notes.work_time import stretches
from flowpilot.sessions.queries import SessionHistory

# What is left of a piece that was posted before may be the rounding of its seconds.
_ROUNDING_SECONDS = 1.0


def worked(
    history: SessionHistory,
    until: datetime,
    posted_seconds: Mapping[uuid.UUID | None, float],
    zones: Sequence[ZoneInfo],
) -> list[Worked]:
    """What each person worked on a session and what is not posted yet, a piece for each day, as they began.

    Args:
        history: of the session.
        until: the moment at which it is posted.
        posted_seconds: what was posted before, by person; it is what they did first.
        zones: whose midnights divide the days.
    """
    left = dict(posted_seconds)
    sums: dict[tuple[uuid.UUID | None, datetime], Worked] = {}
    for person, started_at, ended_at, midnight in _pieces(history, until, zones):
        seconds = (ended_at - started_at).total_seconds()
        known = min(left.get(person, 0.0), seconds)
        left[person] = left.get(person, 0.0) - known
        if known and seconds - known < _ROUNDING_SECONDS:
            continue
        key = (person, midnight)
        before = sums.get(key) or Worked(person, started_at + timedelta(seconds=known), ended_at, 0.0, midnight)
        sums[key] = Worked(person, before.started_at, ended_at, before.seconds + seconds - known, midnight)
    return sorted(sums.values(), key=lambda one: one.started_at)


def _pieces(
    history: SessionHistory, until: datetime, zones: Sequence[ZoneInfo]
) -> Iterator[tuple[uuid.UUID | None, datetime, datetime, datetime]]:
    """Who worked from when to when, and the end of that day."""
    for stretch in stretches(history, until):
        start, end = stretch.started_at, stretch.started_at + stretch.spent
        while (midnight := next_midnight(start, zones)) < end:
            yield stretch.by, start, midnight, midnight
            start = midnight
        yield stretch.by, start, end, midnight
