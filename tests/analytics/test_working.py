"""Reports in working hours, beside the clock: of an account that had some."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from flowpilot.analytics.coverage import coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.headline import headline
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.follow_up.report import follow_up
from flowpilot.analytics.own.report import own_figures
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.waits import WaitingTime
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")  # A Monday.
OFFICE = [{"weekday": day, "start": "08:00", "end": "17:00"} for day in range(1, 6)]


def open_office(company: Company, **more: Any) -> None:
    """Have hours from Monday to Friday, from the beginning on or as `more` says."""
    company.add("account_hours", **{"timezone": "UTC", "spans": Jsonb(OFFICE)} | more)


def live_through(company: Company) -> None:
    """Two sessions that were resolved, one over a weekend, and one that is open; three handoffs of the latter."""
    resolved = {"status": "resolved", "problem_domain": "email"}
    company.add(
        "ai_sessions",
        **resolved,
        created_at="2026-06-05 16:00Z",
        resolved_at="2026-06-08 09:00Z",
        work_seconds=2 * 3600,
    )
    company.add("ai_sessions", **resolved, created_at="2026-06-08 08:00Z", resolved_at="2026-06-08 09:00Z")
    session = company.add("ai_sessions", created_at="2026-06-12 16:00Z", status="escalated")
    company.add(
        "session_handoffs",
        session_id=session,
        created_at="2026-06-05 16:30Z",
        claimed_at="2026-06-06 12:00Z",
        first_action_at="2026-06-08 08:05Z",
        claimant_action_at="2026-06-08 08:10Z",
        claim_work_seconds=1800,
        action_work_seconds=300,
        claimant_work_seconds=600,
    )
    closed = {"created_at": "2026-06-12 16:00Z", "closed_at": "2026-06-13 16:00Z", "outcome": "returned"}
    company.add("session_handoffs", session_id=session, **closed)
    weekend = {"created_at": "2026-06-13 16:00Z", "claimed_at": "2026-06-14 00:00Z", "claim_work_seconds": 0}
    company.add("session_handoffs", session_id=session, **weekend)


def _asked(company: Company) -> Window:
    return window(company.id, now=NOW, account_timezone="UTC")


async def test_the_time_to_resolution(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    async with database.read(company.id) as db:
        report = await follow_up(db, _asked(company))
    clock, working = report.time_to_resolution, report.working_time_to_resolution
    assert working is not None
    assert (clock.n, clock.n_censored, clock.median) == (3, 1, 65 * 60)
    # The open one has lasted for an hour of Friday and four of Monday.
    assert (working.n, working.n_censored, working.median) == (3, 1, 2 * 60)
    assert working.median_ci95 is None
    days = [(day.date.day, day.median_minutes, day.median_working_minutes) for day in report.by_opening]
    assert days == [(5, 65 * 60, 120), (8, 60, 60), (12, None, None)]


async def test_those_that_last_count_their_working_time(database: Database, company: Company) -> None:
    """On the clock the open one is the longest. It is the shortest in working hours, so it says least."""
    open_office(company)
    company.add("ai_sessions", created_at="2026-06-13 08:00Z")
    resolved = {"status": "resolved", "resolved_at": "2026-06-12 16:00Z"}
    company.add("ai_sessions", created_at="2026-06-12 11:00Z", **resolved, work_seconds=5 * 3600)
    company.add("ai_sessions", created_at="2026-06-12 10:00Z", **resolved, work_seconds=6 * 3600)
    async with database.read(company.id) as db:
        report = await follow_up(db, _asked(company))
    assert report.working_time_to_resolution is not None
    assert report.time_to_resolution.median == 360
    assert report.working_time_to_resolution.median == 300


async def test_mttr(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    async with database.read(company.id) as db:
        report = await dashboard(db, _asked(company))
    assert (report.mttr_minutes, report.mttr_working_minutes, report.n_mttr) == (33 * 60, 90, 2)
    assert report.mttr_working_minutes_ci95 is None
    assert report.mttr_working_minutes_no_interval == "An interval takes 200 cases or more, and there are 2."
    # Both were resolved on one day, which is one period too.
    for day in (*report.mttr_trend, *report.mttr_periods):
        assert (day.mttr_minutes, day.mttr_working_minutes, day.session_count) == (33 * 60, 90, 2)


async def test_mttr_by_day_and_by_week(database: Database, company: Company) -> None:
    open_office(company)
    for day, worked in (("02-02", 60), ("02-03", 120), ("06-08", 30)):
        times = {"created_at": f"2026-{day} 08:00Z", "resolved_at": f"2026-{day} 12:00Z"}
        company.add("ai_sessions", status="resolved", work_seconds=60 * worked, **times)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-01-01", to="2026-06-15")
    async with database.read(company.id) as db:
        report = await dashboard(db, asked)
    assert [day.mttr_working_minutes for day in report.mttr_trend] == [60, 120, 30]
    assert [week.mttr_working_minutes for week in report.mttr_periods] == [90, 30]
    assert report.mttr_working_minutes == 70


async def test_domains(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    async with database.read(company.id) as db:
        found = await coverage(db, _asked(company))
    (email,) = found.domains
    assert (email.avg_resolution_minutes, email.avg_resolution_working_minutes) == (33 * 60, 90)


def said(found: WaitingTime | None) -> Any:
    return None if found is None else (found.n, found.n_censored, found.median)


async def test_handoffs(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    async with database.read(company.id) as db:
        report = await escalations(db, _asked(company))

    # One came and was claimed on a weekend, which is no working time; another was closed after an hour of it.
    assert said(report.time_to_claim) == (3, 1, 19.5 * 3600)
    assert said(report.working_time_to_claim) == (3, 1, 1800)
    assert said(report.time_to_claimant_action) == (2, 1, (44 * 60 + 10) * 60)
    assert said(report.working_time_to_first_action) == (2, 1, 300)
    assert said(report.working_time_to_claimant_action) == (2, 1, 600)


async def test_the_headline_is_as_the_report(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    async with database.read(company.id) as db:
        report, alone = await escalations(db, _asked(company)), await headline(db, _asked(company))
    for name in ("claimant_action", "first_action"):
        for field in (f"time_to_{name}", f"working_time_to_{name}"):
            assert getattr(alone, field) == getattr(report, field) is not None


async def test_own_figures(database: Database, company: Company) -> None:
    open_office(company)
    live_through(company)
    engineer = company.users[Role.ENGINEER]
    company.query("UPDATE ai_sessions SET user_id = %s RETURNING id", engineer)
    company.query("UPDATE session_handoffs SET created_by = %s RETURNING id", engineer)
    company.query(
        "UPDATE session_handoffs SET claimed_by = %s WHERE claimed_at IS NOT NULL RETURNING id", engineer
    )
    async with database.read(company.id) as db:
        mine = await own_figures(db, _asked(company), engineer)
    # The open session has lasted for four hours of Monday and one of Friday.
    assert said(mine.time_to_resolution) == (3, 1, 65 * 3600)
    assert said(mine.working_time_to_resolution) == (3, 1, 2 * 3600)
    assert said(mine.working_time_to_claim) == (3, 1, 1800)
    assert said(mine.working_time_to_first_action) == (2, 1, 600)


@pytest.mark.parametrize(
    "hours", [None, {"spans": None}, {"valid_from": "2026-07-01"}], ids=["none", "around the clock", "later"]
)
async def test_around_the_clock_there_is_no_second_figure(
    database: Database, company: Company, hours: dict[str, Any] | None
) -> None:
    if hours is not None:
        open_office(company, **hours)
    live_through(company)
    async with database.read(company.id) as db:
        later = await follow_up(db, _asked(company))
        whole = await dashboard(db, _asked(company))
        handoffs = await escalations(db, _asked(company))
        alone = await headline(db, _asked(company))
        domains = (await coverage(db, _asked(company))).domains
        mine = await own_figures(db, _asked(company), company.users[Role.ENGINEER])
    assert later.working_time_to_resolution is None
    assert {day.median_working_minutes for day in later.by_opening} == {None}
    assert (whole.mttr_minutes, whole.mttr_working_minutes) == (33 * 60, None)
    assert (handoffs.working_time_to_claim, handoffs.working_time_to_claimant_action) == (None, None)
    assert {day.mttr_working_minutes for day in whole.mttr_trend} == {None}
    assert (alone.working_time_to_claimant_action, mine.working_time_to_resolution) == (None, None)
    assert {domain.avg_resolution_working_minutes for domain in domains} == {None}


def test_a_table_has_them_too(client: TestClient, company: Company) -> None:
    open_office(company)
    live_through(company)
    path = "/api/v1/analytics/flowpilot/tables/escalations/working_time_to_claim.csv"
    days = {"from": "2026-06-01", "to": "2026-06-15T12:00Z"}
    lines = client.get(path, params=days, headers=company.headers()).text.splitlines()
    assert lines[0] == "field,value"
    assert "median,1800.0" in lines
