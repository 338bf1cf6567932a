"""Moments as days have them: in microseconds since 2000, as PostgreSQL sends them."""

from datetime import UTC, datetime, timedelta

DAY = 86_400_000_000

_ZERO = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def moment(at: datetime) -> int:
    """A moment in microseconds."""
    return (at - _ZERO) // _MICROSECOND


def time_of(moment: int) -> datetime:
    """The time of so many microseconds."""
    return _ZERO + moment * _MICROSECOND
