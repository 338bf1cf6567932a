"""How a trend is drawn: by days, or by weeks or months where it is long, so that a chart has 120 points or so."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

_MOST_DAYS = 100
_MOST_WEEKS = 100

Row = TypeVar("Row")


class Bucket(StrEnum):
    """What a point of a trend covers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def first_day(self, day: date) -> date:
        """The first day of the bucket with this day. A week begins on Monday, as in ISO 8601."""
        if self is Bucket.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Bucket.MONTH else day

    def last_day(self, day: date) -> date:
        """The last day of the bucket with this day."""
        if self is Bucket.WEEK:
            return day + min(timedelta(days=6 - day.weekday()), date.max - day)
        if self is Bucket.MONTH:
            return day.replace(day=monthrange(day.year, day.month)[1])
        return day


def bucket_of(first: date, last: date) -> Bucket:
    """Days up to 100, weeks up to 100, and months beyond, from the first day with something to the last."""
    n_days = (last - first).days + 1
    if n_days <= _MOST_DAYS:
        return Bucket.DAY
    return Bucket.WEEK if n_days <= 7 * _MOST_WEEKS else Bucket.MONTH


def in_buckets(rows: Iterable[tuple[date, Row]]) -> tuple[Bucket, list[tuple[date, date, list[Row]]]]:
    """Rows in the order of their days, together by bucket: its first day, its last day, and its rows.

    A bucket without a row is absent, as a day is.
    """
    dated = list(rows)
    if not dated:
        return Bucket.DAY, []
    bucket = bucket_of(dated[0][0], dated[-1][0])
    found = groupby(dated, lambda one: bucket.first_day(one[0]))
    return bucket, [(first, bucket.last_day(first), [row for _, row in group]) for first, group in found]
