"""What becomes of sessions by their age, and windows compared at the same age."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.follow_up.schemas import FollowUp
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import percent_ci95
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.sessions.days.news import mark_all
from flowpilot.sessions.days.rolling import roll
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-01 08:00")
BEFORE = DAY - timedelta(days=30)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


def _session(company: Company, took: timedelta | None, created: datetime = DAY, status: str = "active") -> UUID:
    if took is None:
        return company.add("ai_sessions", created_at=created, status=status)
    return company.add("ai_sessions", created_at=created, status="resolved", resolved_at=created + took)


def _hand_over(company: Company, session: UUID, when: datetime) -> None:
    company.add("session_handoffs", session_id=session, created_at=when)


async def _report(database: Database, company: Company, *, compare: bool = False, **asked: str) -> FollowUp:
    async with database.read(company.id) as db:
        of = window(company.id, now=NOW, account_timezone="UTC", from_=asked.get("from_"), to=asked.get("to"))
        return await follow_up(db, of, compare=compare)


async def test_without_sessions_nothing_is_known(database: Database, company: Company) -> None:
    report = await _report(database, company, compare=True)
    assert (report.total_sessions, report.ever_escalated.value, report.by_opening) == (0, None, [])
    assert (report.time_to_resolution.n, report.time_to_resolution.median) == (0, None)
    assert report.previous is not None
    assert report.previous.resolved_by_age.value is None


async def test_the_unresolved_count_as_long_as_they_have_lasted(database: Database, company: Company) -> None:
    """The mean of the three resolved is an hour; half of all were not resolved within ten."""
    for _ in range(3):
        _session(company, HOUR)
    _session(company, 10 * HOUR)
    _session(company, None, status="abandoned")
    _session(company, None)
    _session(company, None, NOW - timedelta(minutes=30))
    company.add("ai_sessions", created_at=DAY, status="resolved")
    found = (await _report(database, company)).time_to_resolution
    assert (found.n, found.n_censored, found.n_unknown) == (7, 3, 1)
    # After 3 of the 6 that lasted an hour: 1/2.
    assert (found.median, found.p90) == (60, None)


async def test_a_resolution_after_as_of_is_not_known(database: Database, company: Company) -> None:
    _session(company, 5 * timedelta(days=1))
    report = await _report(database, company, from_="2026-05-30", to="2026-06-03")
    assert (report.time_to_resolution.n_censored, report.time_to_resolution.median) == (1, None)


async def test_days_are_those_of_opening_and_the_young_are_marked(database: Database, company: Company) -> None:
    _session(company, 12 * timedelta(days=1))
    for ago in (6, 7, 8):
        _session(company, HOUR, NOW - timedelta(days=ago))
    days = (await _report(database, company)).by_opening
    assert [(day.date.isoformat(), day.median_minutes, day.is_young) for day in days] == [
        ("2026-06-01", 12 * 24 * 60, False),
        ("2026-06-07", 60, False),
        ("2026-06-08", 60, True),
        ("2026-06-09", 60, True),
    ]


async def test_a_day_is_the_same_in_any_window(database: Database, company: Company) -> None:
    """By the day of resolution, a session that was opened before the window is missing."""
    _session(company, 3 * timedelta(days=1), DAY)
    _session(company, HOUR, DAY + timedelta(days=3))
    wide = (await _report(database, company, from_="2026-06-01", to="2026-06-15")).by_opening
    narrow = (await _report(database, company, from_="2026-06-03", to="2026-06-15")).by_opening
    assert narrow == wide[1:]


async def test_ever_escalated_is_not_forgotten(database: Database, company: Company) -> None:
    """One is resolved now, one was handed over twice, one only after the report's time."""
    _hand_over(company, _session(company, WEEK), DAY + HOUR)
    twice = _session(company, None, status="escalated")
    _hand_over(company, twice, DAY + HOUR)
    _hand_over(company, twice, DAY + 2 * HOUR)
    _hand_over(company, _session(company, None), NOW + HOUR)
    report = await _report(database, company)
    assert (report.total_sessions, report.n_ever_escalated, report.ever_escalated.value) == (3, 2, 0.6667)


async def test_windows_are_compared_at_the_same_age(database: Database, company: Company) -> None:
    """Both desks resolve all within a month; the one before did so after the week that is compared."""
    for _ in range(30):
        _session(company, 20 * timedelta(days=1), BEFORE)
        _session(company, HOUR)
    _session(company, None, NOW - HOUR)
    previous = (await _report(database, company, compare=True)).previous
    assert previous is not None
    assert (previous.follow_up_days, previous.n, previous.n_too_young) == (7, 30, 1)
    found = previous.resolved_by_age
    assert (found.value, found.n, found.ci95, found.difference) == (0, 30, percent_ci95(0, 30), 100)
    assert found.direction == "better"
    # Less than half were resolved within a week, so there is no median to compare with.
    time = previous.time_to_resolution
    assert (time.value, time.difference, time.direction) == (None, None, None)


async def test_more_time_is_no_progress(database: Database, company: Company) -> None:
    """The same desk twice: what the earlier sessions became later does not count against the younger ones."""
    for hours in range(1, 41):
        _session(company, hours * HOUR, BEFORE)
        _session(company, hours * HOUR)
        old = _session(company, None, BEFORE)
        _hand_over(company, old, BEFORE + 3 * WEEK)
    for _ in range(40):
        _session(company, None)
    previous = (await _report(database, company, compare=True)).previous
    assert previous is not None
    assert (previous.resolved_by_age.value, previous.resolved_by_age.difference) == (50, 0)
    assert (previous.escalated_by_age.value, previous.escalated_by_age.difference) == (0, 0)


async def test_a_change_is_the_difference_of_the_two_figures_beside_it(
    database: Database, company: Company
) -> None:
    """The report's own median is of all sessions: the young ones were resolved sooner."""
    for _ in range(30):
        _session(company, timedelta(minutes=40, seconds=28), BEFORE)
        _session(company, timedelta(minutes=30, seconds=32))
    for _ in range(90):
        _session(company, timedelta(minutes=5), NOW - HOUR)
    report = await _report(database, company, compare=True)
    assert report.previous is not None
    found = report.previous.time_to_resolution
    assert (report.time_to_resolution.median, found.this_value, found.this_n) == (5, 30.5, 30)
    assert (found.value, found.difference, found.direction) == (40.5, -10, "better")


async def test_a_resolution_counts_though_it_did_not_last(database: Database, company: Company) -> None:
    reopened = _session(company, None)
    for before, after, when in (("active", "resolved", HOUR), ("resolved", "active", 2 * WEEK)):
        company.add(
            "ai_session_status_changes",
            session_id=reopened,
            from_status=before,
            to_status=after,
            created_at=DAY + when,
        )
    previous = (await _report(database, company, compare=True)).previous
    assert previous is not None
    assert (previous.n, previous.resolved_by_age.difference) == (1, None)
    assert (previous.resolved_by_age.this_value, previous.resolved_by_age.this_n) == (100, 1)
    _session(company, None, BEFORE)
    previous = (await _report(database, company, compare=True)).previous
    assert previous is not None
    assert previous.resolved_by_age.difference == 100


async def test_another_account_is_never_counted(database: Database, company: Company, neighbour: Company) -> None:
    _hand_over(neighbour, _session(neighbour, HOUR), DAY)
    report = await _report(database, company, compare=True)
    assert (report.total_sessions, report.n_ever_escalated) == (0, 0)


async def test_days_of_long_ago_are_those_of_their_zone(database: Database, company: Company) -> None:
    """A minute after midnight, the clocks of St John's went back to the day before."""
    for moment in ("2010-11-07 02:30:30", "2010-11-07 02:31:30", "2010-11-07 03:31"):
        _session(company, HOUR, at(moment))
    with account_transaction(company.urls.runtime, company.id) as connection:
        mark_all(connection, company.id)
    roll(company.urls.runtime, company.id)
    async with database.read(company.id) as db:
        of = window(
            company.id,
            now=NOW,
            account_timezone="UTC",
            from_="2010-11-01",
            to="2010-12-01",
            tz="America/St_Johns",
        )
        found = await follow_up(db, of)
    assert [(day.date.isoformat(), day.n) for day in found.by_opening] == [("2010-11-06", 1), ("2010-11-07", 2)]


def test_the_query_asks_for_the_comparison(client: TestClient, company: Company) -> None:
    path, headers = "/api/v1/analytics/flowpilot/follow-up", company.headers()
    assert client.get(path, headers=headers).json()["previous"] is None
    assert client.get(path, params={"compare": "true"}, headers=headers).json()["previous"]["n"] == 0
