"""The dashboard's intervals, and its changes from the previous window."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.reports import REPORTS
from flowpilot.analytics.statistics import percent_ci95
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
START = NOW - timedelta(days=30)
BEFORE = START - timedelta(days=5)
PATH = "/api/v1/analytics/flowpilot"
NO_CHANGE: dict[str, Any] = {"difference": None, "difference_ci95": None, "direction": None}


def _resolved(company: Company, *minutes: float, created: datetime = DAY, **values: Any) -> None:
    """Sessions that took these minutes."""
    for each in minutes:
        moments = {"created_at": created, "resolved_at": created + timedelta(minutes=each)}
        company.add("ai_sessions", status="resolved", **moments, **values)


async def _report(
    database: Database, company: Company, asked: Window | None = None, *, compare: bool = True
) -> Dashboard:
    async with database.read(company.id) as db:
        return await dashboard(db, asked or window(company.id, now=NOW, account_timezone="UTC"), compare=compare)


async def test_without_sessions_only_the_contracts_zeros_are_known(database: Database, company: Company) -> None:
    report = await _report(database, company)
    assert (report.resolution_rate, report.avg_steps_to_resolution) == (0.0, 0.0)
    assert (report.escalated_share, report.abandoned_share, report.guided_share) == (None, None, None)
    assert (report.mttr_minutes, report.mttr_minutes_ci95, report.avg_rating_ci95) == (None, None, None)
    assert report.previous is not None
    previous = report.previous.model_dump(exclude={"from_", "to"})
    assert previous.pop("total_sessions") == {"value": 0, "difference": 0}
    this = {"this_value": None, "this_n": 0, "this_ci95": None}
    assert all(
        figure == {"value": None, "n": 0, "ci95": None, **this, **NO_CHANGE} for figure in previous.values()
    )
    assert len(previous) == 7


async def test_one_case_has_no_interval(database: Database, company: Company) -> None:
    _resolved(company, 30, session_rating=4, step_count=3)
    report = await _report(database, company)
    assert (report.mttr_minutes, report.mttr_minutes_ci95) == (30, None)
    assert (report.avg_steps_to_resolution, report.avg_steps_to_resolution_ci95) == (3, None)
    assert (report.avg_rating, report.avg_rating_ci95) == (4, None)
    assert [(day.mttr_minutes, day.mttr_minutes_ci95) for day in report.mttr_trend] == [(30, None)]


async def test_means_have_an_interval_from_two_hundred_cases_on(database: Database, company: Company) -> None:
    """A rating has a lower and an upper limit, so it takes fewer."""
    for minutes, steps, rating in ((20, 2, 4), (30, 4, 5), (40, 6, 3)) * 66:
        _resolved(company, minutes, step_count=steps, session_rating=rating)
    report = await _report(database, company)
    assert (report.mttr_minutes, report.mttr_minutes_ci95) == (30, None)
    assert report.mttr_minutes_no_interval == "An interval takes 200 cases or more, and there are 198."
    assert report.avg_rating_ci95 == (3.89, 4.11)
    for minutes, steps, rating in ((20, 2, 4), (30, 4, 5), (40, 6, 3)):
        _resolved(company, minutes, step_count=steps, session_rating=rating)
    report = await _report(database, company)
    # Symmetric values have Student's interval: t(200) = 1.971896, s = 8.185348 and n = 201 make half of it 1.1385.
    assert (report.mttr_minutes, report.mttr_minutes_ci95, report.mttr_minutes_no_interval) == (
        30,
        (28.9, 31.1),
        None,
    )
    assert (report.avg_steps_to_resolution, report.avg_steps_to_resolution_ci95) == (4, (3.8, 4.2))
    assert (report.avg_rating, report.avg_rating_ci95) == (4, (3.89, 4.11))


async def test_a_trends_day_has_the_interval_of_its_own_sessions(database: Database, company: Company) -> None:
    _resolved(company, *[20, 30, 40] * 67)
    _resolved(company, 1, 200, created=DAY + timedelta(days=1))
    first, second = (await _report(database, company)).mttr_trend
    assert (first.mttr_minutes, first.mttr_minutes_ci95) == (30, (28.9, 31.1))
    assert (second.mttr_minutes, second.mttr_minutes_ci95) == (100.5, None)
    assert second.mttr_minutes_no_interval == "An interval takes 200 cases or more, and there are 2."


async def test_shares_are_of_all_sessions(database: Database, company: Company) -> None:
    for status in ("resolved", "escalated", "requesting_escalation", "abandoned", "active"):
        company.add("ai_sessions", status=status, created_at=DAY, confidence_tier="exploring")
    company.add("ai_sessions", status="paused", created_at=DAY, confidence_tier="guided")
    report = await _report(database, company)
    assert (report.escalated_share, report.escalated_share_ci95) == (33.3, percent_ci95(2, 6))
    assert (report.abandoned_share, report.abandoned_share_ci95) == (16.7, percent_ci95(1, 6))
    assert (report.guided_share, report.guided_share_ci95) == (16.7, percent_ci95(1, 6))


async def test_a_day_after_the_end_of_a_past_window_is_over(database: Database, company: Company) -> None:
    """Resolutions count whenever they came, so the trend goes on after the end."""
    _resolved(company, 60, created=at("2026-06-05 23:30"))
    for today, is_over in (("2026-06-06 00:40", False), ("2026-06-15 12:00", True)):
        asked = window(company.id, now=at(today), account_timezone="UTC", from_="2026-06-01", to="2026-06-06")
        days = (await _report(database, company, asked)).mttr_trend
        assert [(day.date.isoformat(), day.complete) for day in days] == [("2026-06-06", is_over)]


async def test_nothing_is_compared_unless_it_is_asked(database: Database, company: Company) -> None:
    asked = window(company.id, now=NOW, account_timezone="UTC")
    async with database.read(company.id) as db:
        assert (await REPORTS["dashboard"].run(db, asked)).model_dump()["previous"] is None


async def test_the_window_before_holds_its_beginning_and_not_its_end(database: Database, company: Company) -> None:
    moment = timedelta(microseconds=1)
    first = START - timedelta(days=30)
    for created in (first - moment, first, START - moment, START):
        company.add("ai_sessions", created_at=created)
    report = await _report(database, company)
    assert report.previous is not None
    assert (report.previous.from_, report.previous.to) == (first, START)
    assert report.previous.total_sessions.model_dump() == {"value": 2, "difference": -1}


async def test_the_window_before_is_counted_by_todays_status(database: Database, company: Company) -> None:
    """The contract's rule: no matter when it happened, even after the window's end."""
    company.add("ai_sessions", status="resolved", created_at=BEFORE, resolved_at=DAY)
    report = await _report(database, company)
    assert report.previous is not None
    assert (report.previous.resolution_rate.value, report.previous.mttr_minutes.n) == (100, 1)


async def test_an_empty_window_before_has_no_change(database: Database, company: Company) -> None:
    _resolved(company, 20, 30)
    report = await _report(database, company)
    assert report.previous is not None
    assert report.previous.total_sessions.model_dump() == {"value": 0, "difference": 2}
    this = {"this_value": 25, "this_n": 2, "this_ci95": None}
    assert report.previous.mttr_minutes.model_dump() == {"value": None, "n": 0, "ci95": None, **this, **NO_CHANGE}


async def test_only_what_is_known_at_once_has_a_direction(database: Database, company: Company) -> None:
    """The sessions of the window before had longer to be resolved, escalated or rated."""
    for number in range(200):
        _resolved(
            company,
            10 + number % 2,
            step_count=3 + number % 2,
            session_rating=5 - number % 2,
            confidence_tier="guided",
        )
        _resolved(
            company, 60 + number % 2, created=BEFORE, step_count=9 + number % 2, session_rating=1 + number % 2
        )
        for status in ("escalated", "abandoned"):
            company.add("ai_sessions", status=status, created_at=BEFORE)
    company.add("ai_sessions", status="active", created_at=DAY)
    previous = (await _report(database, company)).previous
    assert previous is not None
    # s = 0.501255, t(199) = 1.971957: half of each interval is 0.0699, of the difference sqrt(2) times that.
    assert previous.mttr_minutes.model_dump() == {
        "value": 60.5,
        "n": 200,
        "ci95": (60.4, 60.6),
        "this_value": 10.5,
        "this_n": 200,
        "this_ci95": (10.4, 10.6),
        "difference": -50,
        "difference_ci95": (-50.1, -49.9),
        "direction": None,
    }
    assert previous.avg_rating.model_dump() == {
        "value": 1.5,
        "n": 200,
        "ci95": (1.43, 1.57),
        "this_value": 4.5,
        "this_n": 200,
        "this_ci95": (4.43, 4.57),
        "difference": 3,
        "difference_ci95": (2.9, 3.1),
        "direction": None,
    }
    assert (previous.avg_steps_to_resolution.difference, previous.avg_steps_to_resolution.direction) == (
        -6,
        None,
    )
    shares = (previous.resolution_rate, previous.escalated_share, previous.abandoned_share, previous.guided_share)
    assert [(share.value, share.n, share.difference, share.direction) for share in shares] == [
        (33.3, 600, 66.2, None),
        (33.3, 600, -33.3, None),
        (33.3, 600, -33.3, None),
        (0, 600, 99.5, "better"),
    ]


async def test_a_change_that_may_be_chance_has_no_direction(database: Database, company: Company) -> None:
    _resolved(company, 10, 50)
    _resolved(company, 20, 60, created=BEFORE)
    previous = (await _report(database, company)).previous
    assert previous is not None
    assert (previous.mttr_minutes.difference, previous.mttr_minutes.direction) == (-10, None)
    assert (previous.resolution_rate.difference, previous.resolution_rate.direction) == (0, None)


async def test_another_account_is_never_compared(database: Database, company: Company, neighbour: Company) -> None:
    empty = await _report(database, company)
    _resolved(neighbour, 10, 20)
    _resolved(neighbour, 10, 20, created=BEFORE)
    assert await _report(database, company) == empty


async def test_every_figure_is_in_the_catalogue(database: Database, company: Company) -> None:
    report = await _report(database, company)
    slugs = {"escalated_share", "abandoned_share", "guided_share", "mttr", "steps_to_resolution", "rating"}
    assert slugs <= set(METRICS)
    assert slugs <= set(report.definitions)


def test_the_query_asks_for_the_comparison(client: TestClient, company: Company) -> None:
    headers = company.headers()
    assert client.get(PATH, headers=headers).json()["previous"] is None
    previous = client.get(PATH, params={"compare": "true"}, headers=headers).json()["previous"]
    assert previous["total_sessions"] == {"value": 0, "difference": 0}
    assert client.get(PATH, params={"compare": "perhaps"}, headers=headers).status_code == 422


def test_the_beginning_of_time_has_a_window_before(client: TestClient, company: Company) -> None:
    asked = {"from": "0001-01-01T00:00:00Z", "to": "0001-01-05T00:00:00Z", "compare": "true"}
    answer = client.get(PATH, params=asked, headers=company.headers())
    assert answer.json()["previous"]["from"] == "0001-01-01T00:00:00Z"


def test_ten_years_are_by_month_in_the_accounts_zone(client: TestClient, company: Company) -> None:
    for created, resolved in (
        ("2016-03-27 00:30", "2016-03-27 01:00"),  # In Vienna at 3:00, when the clocks go forward.
        ("2024-02-29 22:30", "2024-02-29 23:30"),  # In March already.
        ("2024-03-01 12:00", "2024-03-01 15:00"),
        ("2026-03-26 12:00", "2026-03-26 12:30"),
    ):
        company.add("ai_sessions", status="resolved", created_at=at(created), resolved_at=at(resolved))
    asked = {"from": "2016-03-27", "to": "2026-03-27", "tz": "Europe/Vienna"}
    found = client.get(PATH, params=asked, headers=company.headers()).json()
    assert found["mttr_bucket"] == "month"
    assert [
        (one["date"], one["last_day"], one["session_count"], one["mttr_minutes"], one["complete"])
        for one in found["mttr_periods"]
    ] == [
        ("2016-03-01", "2016-03-31", 1, 30.0, True),
        ("2024-03-01", "2024-03-31", 2, 120.0, True),
        ("2026-03-01", "2026-03-31", 1, 30.0, True),
    ]
    assert [day["date"] for day in found["mttr_trend"]] == ["2016-03-27", "2024-03-01", "2026-03-26"]
    rows = client.get(
        "/api/v1/analytics/flowpilot/rows/sessions",
        params=asked | {"resolved_from": "2024-03-01", "resolved_until": "2024-03-31"},
        headers=company.headers(),
    ).json()
    assert len(rows["items"]) == 2
    days = client.get("/api/v1/analytics/flowpilot/data-days", headers=company.headers()).json()
    assert days == {"first_day": "2016-03-27", "last_day": "2026-03-26", "timezone": "UTC"}
