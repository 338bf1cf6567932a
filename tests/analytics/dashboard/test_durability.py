"""What was solved and stayed solved within a week, and how soon its fix was applied."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.errors import CheckViolation

from flowpilot.analytics.dashboard.durability import DurableResolutions, durable_resolutions
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import rate_ci95
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
BEGUN = at("2026-06-01 08:00")
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)


def _solved(company: Company, solved_at: datetime = BEGUN + HOUR, **values: Any) -> UUID:
    known = {"status": "resolved", "created_at": BEGUN, "resolved_at": solved_at} | values
    return company.add("ai_sessions", **known)


def _change(company: Company, session: UUID, before: str, after: str, moment: datetime) -> None:
    company.add(
        "ai_session_status_changes", session_id=session, from_status=before, to_status=after, created_at=moment
    )


async def _report(database: Database, company: Company) -> DurableResolutions:
    async with database.read(company.id) as db:
        return await durable_resolutions(db, window(company.id, now=NOW, account_timezone="UTC"))


async def _counts(database: Database, company: Company) -> tuple[int, int, int]:
    found = (await _report(database, company)).all
    return found.n, found.n_durable, found.n_too_young


async def test_without_resolutions_nothing_is_said(database: Database, company: Company) -> None:
    company.add("ai_sessions", created_at=BEGUN)
    found = await _report(database, company)
    assert (found.all.durable_rate, found.all.durable_rate_ci95, found.by_flow) == (None, None, [])
    assert (found.time_to_fix.minutes, found.time_to_fix.n) == (None, 0)


async def test_what_is_younger_than_a_week_is_not_judged(
    database: Database, company: Company, neighbour: Company
) -> None:
    _solved(company, NOW - WEEK)
    _solved(company, NOW - WEEK + HOUR)
    _solved(neighbour)
    assert await _counts(database, company) == (1, 1, 1)


@pytest.mark.parametrize(("after", "durable"), [(WEEK, 0), (WEEK + HOUR, 1)])
async def test_what_was_reopened_within_a_week_did_not_last(
    database: Database, company: Company, after: timedelta, durable: int
) -> None:
    session = _solved(company, status="active", resolved_at=None)
    solved = BEGUN + HOUR
    _change(company, session, "active", "resolved", solved)
    _change(company, session, "resolved", "active", solved + after)
    assert await _counts(database, company) == (1, durable, 0)


async def test_the_resolution_that_is_judged_is_the_one_before_the_first_reopening(
    database: Database, company: Company
) -> None:
    session = _solved(company, NOW - HOUR)
    _change(company, session, "active", "resolved", BEGUN + HOUR)
    _change(company, session, "resolved", "active", BEGUN + 2 * HOUR)
    _change(company, session, "active", "resolved", NOW - HOUR)
    assert await _counts(database, company) == (1, 0, 0)


@pytest.mark.parametrize(
    ("begun", "ticket", "durable"),
    [
        (BEGUN + 2 * HOUR, "T-1", 0),
        (BEGUN + 2 * HOUR, " # t-1", 0),
        (BEGUN + HOUR + WEEK, "T-1", 0),
        (BEGUN + 2 * HOUR + WEEK, "T-1", 1),
        (BEGUN + HOUR / 2, "T-1", 1),
        (BEGUN + 2 * HOUR, "T-2", 1),
        (BEGUN + 2 * HOUR, None, 1),
    ],
)
async def test_what_began_again_on_the_same_ticket_within_a_week_did_not_last(
    database: Database, company: Company, neighbour: Company, begun: datetime, ticket: str | None, durable: int
) -> None:
    _solved(company, psa_ticket_id="T-1")
    company.add("ai_sessions", created_at=begun, psa_ticket_id=ticket)
    neighbour.add("ai_sessions", created_at=BEGUN + 2 * HOUR, psa_ticket_id="T-1")
    assert await _counts(database, company) == (1, durable, 0)


async def test_a_session_that_is_solved_as_it_begins_is_not_its_own_return(
    database: Database, company: Company
) -> None:
    _solved(company, BEGUN, psa_ticket_id="T-1")
    assert await _counts(database, company) == (1, 1, 0)
    # Before it began, it would be: no session is resolved then, whoever writes it.
    with pytest.raises(CheckViolation):
        _solved(company, BEGUN - HOUR, psa_ticket_id="T-2")


async def test_each_flow_has_its_own_share_with_its_interval(database: Database, company: Company) -> None:
    flow = company.add("trees", name="VPN")
    for ticket in ("T-1", "T-2", None):
        _solved(company, psa_ticket_id=ticket, matched_flow_id=flow)
    company.add("ai_sessions", created_at=BEGUN + 2 * HOUR, psa_ticket_id="T-1")
    _solved(company)
    rows = [
        (one.flow, one.n, one.durable_rate, one.durable_rate_ci95)
        for one in (await _report(database, company)).by_flow
    ]
    assert rows == [("VPN", 3, 0.6667, rate_ci95(2, 3)), (None, 1, 1.0, rate_ci95(1, 1))]


async def test_the_time_to_fix_ends_when_the_fix_was_applied(database: Database, company: Company) -> None:
    _solved(company, BEGUN + 50 * HOUR, fix_applied_at=BEGUN + HOUR)
    _solved(company, BEGUN + 3 * HOUR)
    found = (await _report(database, company)).time_to_fix
    assert (found.minutes, found.n, found.n_waited) == (120.0, 2, 1)
    assert (found.minutes_ci95, found.minutes_no_interval) == (
        None,
        "An interval takes 200 cases or more, and there are 2.",
    )
