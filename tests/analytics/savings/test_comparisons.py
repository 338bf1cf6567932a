"""Verbal handoffs against those in the product, by both clocks."""

from datetime import datetime, timedelta

import pytest

from flowpilot.analytics.period import window
from flowpilot.analytics.savings.report import savings
from flowpilot.analytics.savings.schemas import Savings
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
MINUTE = 60.0


def _talks(company: Company, minutes: list[float]) -> None:
    who = "01900000-0000-7000-8000-000000000001"
    for each in minutes:
        company.add(
            "handoff_baselines", seconds=each * MINUTE, method="stopwatch", measured_by=who, created_at=DAY
        )


def _handoffs(company: Company, waits: list[tuple[float, float | None]], created: datetime = DAY) -> None:
    """Handoffs claimed after these minutes, and acted on after so many more (None: not yet)."""
    session = company.add("ai_sessions")
    for queued, acted in waits:
        claimed = created + timedelta(minutes=queued)
        action = None if acted is None else claimed + timedelta(minutes=acted)
        company.add(
            "session_handoffs",
            session_id=session,
            created_at=created,
            claimed_at=claimed,
            claimant_action_at=action,
        )


async def _report(database: Database, company: Company) -> Savings:
    async with database.read(company.id) as db:
        return await savings(db, window(company.id, now=NOW, account_timezone="UTC"))


async def test_the_queue_counts_by_the_clock_of_the_question(database: Database, company: Company) -> None:
    """A senior who needs 5 minutes instead of 12 is slower for the engineer who waited half an hour before."""
    _talks(company, [float(10 + number % 5) for number in range(60)])
    _handoffs(company, [(30, 3 + number % 5) for number in range(60)])
    creation, claim = (await _report(database, company)).comparisons
    assert (creation.clock, claim.clock) == ("creation", "claim")
    assert (creation.faster_share.value, claim.faster_share.value) == (0, 1)
    assert (creation.restricted_mean.direction, claim.restricted_mean.direction) == ("costs", "saves")
    assert claim.restricted_mean.verbal_seconds == 12 * MINUTE
    assert claim.restricted_mean.product_seconds == 5 * MINUTE
    assert (creation.restricted_mean.difference_seconds, claim.restricted_mean.difference_seconds) == (-1380, 420)


async def test_a_sum_is_of_means_and_has_their_interval(database: Database, company: Company) -> None:
    _talks(company, [float(10 + number % 5) for number in range(60)])
    _handoffs(company, [(0, 3 + number % 5) for number in range(60)])
    claim = (await _report(database, company)).comparisons[1]
    interval = claim.restricted_mean.difference_seconds_ci95
    assert interval is not None
    assert claim.per_month is not None
    # 60 handoffs in 30 days, 7 minutes each.
    assert (claim.per_month.handoffs, claim.per_month.hours) == (60, 7)
    assert claim.per_month.hours_ci95 == tuple(round(end * 60 / 3600, 2) for end in interval if end is not None)


async def test_a_few_have_a_share_and_no_sum(database: Database, company: Company) -> None:
    """The share does not care how slow the slowest is; of a mean of so few no interval is honest."""
    _talks(company, [float(10 + number % 5) for number in range(30)])
    _handoffs(company, [*[(0.0, 2.0 + number % 3) for number in range(29)], (0.0, 200.0)])
    claim = (await _report(database, company)).comparisons[1]
    assert claim.faster_share.value == round(29 / 30, 4)
    assert claim.faster_share.ci95 is not None
    assert claim.restricted_mean.difference_seconds_ci95 is None
    assert claim.restricted_mean.no_interval is not None
    assert claim.per_month is None


async def test_one_that_still_waits_counts_as_far_as_it_is_known(database: Database, company: Company) -> None:
    """Four hours is as far as anything is compared."""
    _talks(company, [10.0] * 20)
    _handoffs(company, [*[(0.0, 5.0)] * 15, *[(0.0, None)] * 5])
    claim = (await _report(database, company)).comparisons[1]
    assert claim.horizon_seconds == 4 * 3600
    assert claim.faster_share.value == 0.75
    assert claim.restricted_mean.product_seconds == (15 * 300 + 5 * 4 * 3600) / 20


async def test_a_side_with_too_few_cases_is_left_out(database: Database, company: Company) -> None:
    _talks(company, [10.0] * 20)
    _handoffs(company, [(0, 5)] * 19)
    # One more that was claimed in the window and created before it.
    _handoffs(company, [(24 * 60, 5)], NOW - timedelta(days=30, hours=1))
    assert [one.clock for one in (await _report(database, company)).comparisons] == ["claim"]


async def test_both_distributions_can_be_drawn(database: Database, company: Company) -> None:
    _talks(company, [float(minute) for minute in range(1, 21)])
    _handoffs(company, [(1, minute) for minute in range(1, 21)])
    report = await _report(database, company)
    assert [point.seconds for point in report.baseline_curve] == [60 * minute for minute in range(21)]
    assert report.baseline_curve[-1].share_waiting == 0
    assert report.comparisons[0].curve[1].seconds == 120
