"""The window that a caller asks for."""

from datetime import date, timedelta
from typing import Any

import pytest

from flowpilot.analytics.period import Period, Window, window
from flowpilot.db.base import new_id
from flowpilot.errors import InvalidError
from tests.company import at

NOW = at("2026-06-15 12:00")


def asked(**words: Any) -> Window:
    return window(new_id(), now=NOW, account_timezone=words.pop("account_timezone", "UTC"), **words)


@pytest.mark.parametrize(("period", "days"), [(Period.WEEK, 7), (Period.MONTH, 30), (Period.QUARTER, 90)])
def test_a_period_ends_now_and_includes_it(period: Period, days: int) -> None:
    found = asked(period=period)
    assert (found.start, found.to, found.as_of) == (NOW - timedelta(days=days), NOW, NOW)
    assert found.start <= NOW < found.end


def test_thirty_days_by_default() -> None:
    assert asked().period is Period.MONTH


def test_dates_are_midnights_in_the_accounts_zone() -> None:
    found = asked(from_="2026-03-29", to="2026-03-30", account_timezone="Europe/Vienna")
    # The night the clocks go forward: that day has 23 hours.
    assert (found.start, found.end) == (at("2026-03-28 23:00"), at("2026-03-29 22:00"))
    assert (found.period, found.timezone) == (None, "Europe/Vienna")


def test_tz_overrides_the_accounts_zone() -> None:
    found = asked(from_="2026-01-01", to="2026-01-02", tz="America/New_York", account_timezone="Europe/Vienna")
    assert found.start == at("2026-01-01 05:00")


def test_an_offset_in_a_moment_is_kept() -> None:
    found = asked(from_="2026-01-01T00:00:00+02:00", to="2026-01-02T00:00:00Z")
    assert (found.start, found.end) == (at("2025-12-31 22:00"), at("2026-01-02 00:00"))


def test_the_report_speaks_for_now_or_for_the_end_of_a_past_window() -> None:
    assert asked(from_="2026-01-01", to="2026-02-01").as_of == at("2026-02-01 00:00")
    assert asked(from_="2026-06-01", to="2026-07-01").as_of == NOW


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"from_": "2026-01-01"}, "both"),
        ({"to": "2026-01-01"}, "both"),
        ({"from_": "2026-01-02", "to": "2026-01-02"}, "before"),
        ({"from_": "2026-01-03", "to": "2026-01-02"}, "before"),
        ({"from_": "yesterday", "to": "2026-02-06"}, "from: 'yesterday'"),
        ({"from_": "2026-01-01", "to": "2026-13-01"}, "to: '2026-13-01'"),
        ({"from_": "0001-01-01", "to": "0001-01-02", "tz": "Asia/Tokyo"}, "from"),
        ({"tz": "Vienna"}, "IANA"),
        ({"tz": "../etc/passwd"}, "IANA"),
        ({"tz": "Europe"}, "IANA"),
        ({"tz": "right/UTC"}, "IANA"),
        ({"tz": "localtime"}, "IANA"),
        ({"tz": "a" * 5000}, "IANA"),
        ({"from_": "2026-01-01T00:00:00 02:00", "to": "2026-02-01"}, "%2B"),
        ({"period": Period.WEEK, "from_": "2026-01-01", "to": "2026-01-02"}, "not both"),
    ],
)
def test_a_senseless_window_is_refused_with_a_reason(words: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidError, match=said):
        asked(**words)


@pytest.mark.parametrize(
    ("first", "end", "days"),
    [
        ("2016-06-15", "2026-06-15", 3652),  # Ten years, with 29 February in three of them.
        ("2024-02-29", "2024-03-01", 1),
        ("2023-02-28", "2023-03-01", 1),
    ],
)
def test_a_window_is_as_long_as_one_likes(first: str, end: str, days: int) -> None:
    found = asked(from_=first, to=end)
    assert (found.end - found.start, found.period) == (timedelta(days=days), None)


def test_today_is_the_day_in_the_zone_that_is_not_over() -> None:
    assert asked(tz="Europe/Vienna").today == date(2026, 6, 15)
    late = window(new_id(), now=at("2026-06-15 22:00"), account_timezone="Europe/Vienna")
    assert late.today == date(2026, 6, 16)
