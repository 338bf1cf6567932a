"""The time of each person that is to be booked. Pure."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from flowpilot.psa.postings.planning import Worked
from flowpilot.sessions.notes.work_time import stretches
from flowpilot.sessions.queries import SessionHistory

# What is left of a piece that was posted before may be the rounding of its seconds.
_ROUNDING_SECONDS = 1.0


def worked(
    history: SessionHistory,
    until: datetime,
    posted_seconds: Mapping[uuid.UUID | None, float],
    *,
    by_day: bool = False,
) -> list[Worked]:
    """What each person worked on a session and what is not posted yet, in the order in which they began.

    Args:
        history: of the session.
        until: the moment at which it is posted.
        posted_seconds: what was posted before, by person; it is what they did first.
        by_day: one piece for each day (UTC), for systems that refuse time over midnight.
    """
    left = dict(posted_seconds)
    sums: dict[tuple[uuid.UUID | None, date | None], Worked] = {}
    for person, started_at, ended_at in _pieces(history, until, by_day=by_day):
        seconds = (ended_at - started_at).total_seconds()
        known = min(left.get(person, 0.0), seconds)
        left[person] = left.get(person, 0.0) - known
        if known and seconds - known < _ROUNDING_SECONDS:
            continue
        key = (person, started_at.astimezone(UTC).date() if by_day else None)
        before = sums.get(key) or Worked(person, started_at + timedelta(seconds=known), ended_at, 0.0)
        sums[key] = Worked(person, before.started_at, ended_at, before.seconds + seconds - known)
    return sorted(sums.values(), key=lambda one: one.started_at)


def _pieces(
    history: SessionHistory, until: datetime, *, by_day: bool
) -> Iterator[tuple[uuid.UUID | None, datetime, datetime]]:
    for stretch in stretches(history, until):
        start, end = stretch.started_at, stretch.started_at + stretch.spent
        midnight = datetime.combine(end.astimezone(UTC).date(), datetime.min.time(), UTC)
        if by_day and start < midnight < end:
            yield stretch.by, start, midnight
            start = midnight
        yield stretch.by, start, end
