"""The days that an import's cases are from, in which reports show them. Pure: no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flowpilot.imports.case.model import Case


@dataclass(slots=True)
class Days:
    """From the first day to the last, in the account's zone. What a log dates in the future is not shown yet."""

    zone: ZoneInfo
    now: datetime
    first: date | None = None
    last: date | None = None

    def add(self, case: Case) -> None:
        """Count the days of one more case."""
        for moment in _moments(case):
            if moment <= self.now:
                day = moment.astimezone(self.zone).date()
                self.first = day if self.first is None else min(self.first, day)
                self.last = day if self.last is None else max(self.last, day)


def window_of(first: date, last: date) -> tuple[date, date]:
    """The window that shows these days, without its end."""
    return first, last + timedelta(days=1)


def reports_of(first: date, end: date) -> str:
    """The page of the reports for these days, without the end."""
    return f"/analytics/overview?from={first}&to={end}"


def _moments(case: Case) -> Iterator[datetime]:
    """What reports count a case by: when it was opened, resolved and handed over."""
    yield case.created_at
    if case.resolved_at is not None:
        yield case.resolved_at
    yield from (handoff.at for handoff in case.handoffs)
