"""Pauses that grow: what fails is tried again less and less often."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Pauses:
    """The pause after the first failure, how many times as long each further one is, and the longest."""

    first: timedelta
    factor: int
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """How long to wait after so many failures in a row, 1 or more."""
        pause = self.first
        for _ in range(failures - 1):
            if pause >= self.longest:
                break
            pause *= self.factor
        return min(pause, self.longest)


def as_long_again(since: datetime, now: datetime) -> timedelta:
    """How long to wait for something of which nobody counts the failures: as long as it has waited already.

    At least a minute, and at most an hour.
    """
    return min(max(now - since, timedelta(minutes=1)), timedelta(hours=1))
