"""Which days a point of a trend covers."""

from datetime import date, timedelta

import pytest

from flowpilot.analytics.buckets import Bucket, bucket_of, in_buckets

FIRST = date(2016, 6, 15)


@pytest.mark.parametrize(
    ("n_days", "bucket"),
    [
        (1, Bucket.DAY),
        (100, Bucket.DAY),
        (101, Bucket.WEEK),
        (700, Bucket.WEEK),
        (701, Bucket.MONTH),
        (3652, Bucket.MONTH),
    ],
)
def test_a_longer_trend_has_longer_buckets(n_days: int, bucket: Bucket) -> None:
    assert bucket_of(FIRST, FIRST + timedelta(days=n_days - 1)) is bucket


@pytest.mark.parametrize(
    ("bucket", "day", "first", "last"),
    [
        (Bucket.DAY, date(2024, 2, 29), date(2024, 2, 29), date(2024, 2, 29)),
        (Bucket.WEEK, date(2024, 2, 29), date(2024, 2, 26), date(2024, 3, 3)),
        (Bucket.WEEK, date(2024, 12, 30), date(2024, 12, 30), date(2025, 1, 5)),
        (Bucket.MONTH, date(2024, 2, 29), date(2024, 2, 1), date(2024, 2, 29)),
        (Bucket.MONTH, date(2023, 2, 1), date(2023, 2, 1), date(2023, 2, 28)),
        (Bucket.MONTH, date(2024, 12, 31), date(2024, 12, 1), date(2024, 12, 31)),
        (Bucket.MONTH, date(9999, 12, 31), date(9999, 12, 1), date(9999, 12, 31)),
        (Bucket.WEEK, date(9999, 12, 31), date(9999, 12, 27), date(9999, 12, 31)),
        (Bucket.WEEK, date(1, 1, 1), date(1, 1, 1), date(1, 1, 7)),
    ],
)
def test_a_bucket_has_whole_days(bucket: Bucket, day: date, first: date, last: date) -> None:
    assert (bucket.first_day(day), bucket.last_day(day)) == (first, last)


def test_ten_years_are_as_many_months_and_no_day_is_lost() -> None:
    days = [FIRST + timedelta(days=n) for n in range(3652)]
    bucket, found = in_buckets((day, day) for day in days)
    assert (bucket, len(found)) == (Bucket.MONTH, 121)
    assert [day for _, _, rows in found for day in rows] == days
    assert all(first <= rows[0] <= rows[-1] <= last for first, last, rows in found)


def test_without_days_there_are_no_buckets() -> None:
    assert in_buckets([]) == (Bucket.DAY, [])
