"""The times to look again that a form offers."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flowpilot.sessions.verifying.presets import presets
from flowpilot.working_hours import WorkingHours, same_each_day
from tests.company import at

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = at("2026-06-19 13:00")


def _told(hours: WorkingHours | None) -> dict[str, datetime]:
    return dict(presets(FRIDAY, BERLIN, hours))


def test_mornings_are_those_on_which_the_account_works() -> None:
    assert _told(same_each_day({1, 2, 6}, time(7, 30), time(16), BERLIN)) == {
        "In 1 hour": FRIDAY + timedelta(hours=1),
        "Next working morning": at("2026-06-20 05:30"),
        "In 2 working days": at("2026-06-22 05:30"),
        "In a week": at("2026-06-27 05:30"),
    }


def test_in_a_week_somebody_works() -> None:
    sunday = at("2026-06-21 13:00")
    assert dict(presets(sunday, BERLIN, None))["In a week"] == at("2026-06-29 07:00")
    assert dict(presets(FRIDAY, BERLIN, None))["In a week"] == at("2026-06-26 07:00")


def test_a_closed_account_is_offered_an_hour_alone() -> None:
    closed = frozenset((FRIDAY + timedelta(days=n)).date() for n in range(120))
    hours = replace(same_each_day({1, 2, 3, 4, 5}, time(9), time(17), BERLIN), holidays=closed)
    assert list(_told(hours)) == ["In 1 hour"]


def test_an_account_without_hours_works_on_weekdays() -> None:
    assert _told(None)["Next working morning"] == at("2026-06-22 07:00")
