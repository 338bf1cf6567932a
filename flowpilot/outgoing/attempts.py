"""What follows from an attempt to send, pure: when to try again, and when to leave a failing receiver alone.

Two rules. A message that failed is tried again, after 4 seconds at first, then less and less often, for a day. A
receiver that failed several times in a row rests: only one message at a time is tried, less and less often, until
one arrives.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from flowpilot.outgoing.failures import DeliveryError, RefusedError, SettledError, TryLaterError
from flowpilot.outgoing.pauses import Pauses

# What could not be sent for this long is given up.
PATIENCE = timedelta(days=1)

_PAUSES = Pauses(first=timedelta(seconds=4), factor=4, longest=timedelta(hours=1))

_FAILURES_BEFORE_REST = 5
_RESTS = Pauses(first=timedelta(minutes=1), factor=2, longest=timedelta(minutes=10))


class Health(NamedTuple):
    """How a receiver does: its failures in a row and the last one's reason, and since when it rests, if it does.

    Nothing is sent to it before `next_try_at`.
    """

    failures: int = 0
    reason: str | None = None
    next_try_at: datetime | None = None
    resting_since: datetime | None = None


WELL = Health()


def next_attempt(
    failure: DeliveryError | None, at: datetime, *, earlier_attempts: int, created_at: datetime
) -> datetime | None:
    """When a message is tried again; None: never, because it arrived, was refused or is too old.

    Args:
        failure: what came of the attempt at `at`.
        earlier_attempts: how many attempts were made before that one.
        created_at: when the message was written.
    """
    if failure is None or isinstance(failure, RefusedError | SettledError):
        return None
    due_at = at + _PAUSES.after(earlier_attempts + 1)
    if isinstance(failure, TryLaterError) and failure.not_before is not None:
        due_at = max(due_at, failure.not_before)
    return due_at if due_at <= created_at + PATIENCE else None


def after_failure(health: Health, failure: DeliveryError, at: datetime) -> Health:
    """The health of a receiver that has not taken a message."""
    failures = health.failures + 1
    not_before = failure.not_before if isinstance(failure, TryLaterError) else None
    if failures < _FAILURES_BEFORE_REST:
        return Health(failures, failure.reason, not_before, health.resting_since)
    rest = _RESTS.after(failures - _FAILURES_BEFORE_REST + 1)
    return Health(failures, failure.reason, max(at + rest, not_before or at), health.resting_since or at)
