"""The period of time that a report covers."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flowpilot.analytics.dimensions.narrowing import EVERYTHING, Dimensions
from flowpilot.clock import zone
from flowpilot.errors import InvalidError

_MOMENT = timedelta(microseconds=1)


class Period(StrEnum):
    """A window that ends now."""

    WEEK = "7d"
    MONTH = "30d"
    QUARTER = "90d"

    @property
    def length(self) -> timedelta:
        """How long it is: whole days of 24 hours, not calendar days."""
        return timedelta(days=int(self.removesuffix("d")))


class WindowError(InvalidError):
    """The window does not make sense."""


@dataclass(frozen=True, slots=True)
class Window:
    """One account's stretch of time, half-open: `start <= t < end`.

    `to` is the end as people write it. A period includes its last moment, now, so its `end` is a microsecond later
    (PostgreSQL's resolution). The report shows how things were at `as_of`: anything later is not known. `only` is
    what of it is counted. `now` is the moment at which the report is made, which a past window ends before.
    """

    account_id: uuid.UUID
    start: datetime
    end: datetime
    to: datetime
    as_of: datetime
    timezone: str
    period: Period | None
    only: Dimensions = EVERYTHING
    now: datetime | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The bind parameters of every report's SQL."""
        return {
            "account_id": self.account_id,
            "start": self.start,
            "end": self.end,
            "as_of": self.as_of,
            "tz": self.timezone,
            **self.only.parameters,
        }

    @property
    def asked(self) -> dict[str, str]:
        """The window as a range, and what it is narrowed to, as an address says them."""
        return {"from": self.start.isoformat(), "to": self.end.isoformat(), "tz": self.timezone, **self.only.asked}

    @property
    def today(self) -> date:
        """The calendar day, in the window's zone, that was not over at `as_of`."""
        return self.as_of.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def present_day(self) -> date:
        """The calendar day, in the window's zone, that is not over now, however long ago the window ended."""
        return (self.now or self.as_of).astimezone(ZoneInfo(self.timezone)).date()


def window(
    account_id: uuid.UUID,
    *,
    now: datetime,
    account_timezone: str,
    period: Period | None = None,
    from_: str | None = None,
    to: str | None = None,
    tz: str | None = None,
) -> Window:
    """The window that a caller asks for; the last 30 days by default.

    Args:
        from_, to: ISO dates (midnight in the zone) or date-times (in the zone unless they carry an offset).
        tz: the IANA zone of days and of plain dates; the account's own when left out.

    Raises:
        InvalidError: there is no such zone.
        WindowError: only one end is given, or both ends and a period, or the ends are in the wrong order,
            or a date cannot be understood.
    """
    timezone = tz or account_timezone
    named_zone = zone(timezone)
    if from_ is None and to is None:
        chosen = period or Period.MONTH
        return Window(account_id, now - chosen.length, now + _MOMENT, now, now, timezone, chosen, now=now)
    if from_ is None or to is None:
        raise WindowError("Give both from and to, or neither.")
    if period is not None:
        raise WindowError("Give either period or from and to, not both.")
    start, end = _moment("from", from_, named_zone), _moment("to", to, named_zone)
    if start >= end:
        raise WindowError("from must be before to.")
    return Window(account_id, start, end, end, min(now, end), timezone, None, now=now)


def _moment(name: str, value: str, named_zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        found = (moment if moment.tzinfo else moment.replace(tzinfo=named_zone)).astimezone(ZoneInfo("UTC"))
        # A report says its days in the zone.
        found.astimezone(named_zone)
    except OverflowError as error:
        raise WindowError(f"{name}: {value!r} is outside the years 1 to 9999.") from error
    except ValueError as error:
        raise WindowError(
            f"{name}: {value!r} is not an ISO date or date-time, such as 2026-01-31 or 2026-01-31T08:00:00Z "
            "(in a URL, the + of an offset is written %2B)."
        ) from error
    return found
