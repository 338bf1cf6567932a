"""Handoffs not yet acted on are counted."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from flowpilot.analytics.escalations.headline import headline
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.period import Window, window
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")


def _handoff(company: Company, created: datetime, **after_seconds: float) -> None:
    """A handoff; the other times are in seconds after its creation."""
    moments = {name: created + timedelta(seconds=seconds) for name, seconds in after_seconds.items()}
    company.add("session_handoffs", session_id=company.add("ai_sessions"), created_at=created, **moments)


async def _report(database: Database, company: Company, asked: Window | None = None) -> Escalations:
    async with database.read(company.id) as db:
        return await escalations(db, asked or window(company.id, now=NOW, account_timezone="UTC"))


async def test_the_population(database: Database, company: Company, neighbour: Company) -> None:
    day = at("2026-06-10 08:00")
    _handoff(company, day)
    _handoff(company, day, claimed_at=60)
    _handoff(company, day, claimed_at=60, first_action_at=90)
    _handoff(company, day, closed_at=100)
    _handoff(company, day, claimed_at=60, closed_at=100)
    _handoff(company, day, claimed_at=60, first_action_at=90, closed_at=100)
    _handoff(company, at("2026-05-16 11:59"))
    _handoff(neighbour, day)
    report = await _report(database, company)
    assert report.population.model_dump() == {
        "n_created": 6,
        "n_unclaimed": 2,
        "n_waiting": 1,
        "n_claimed": 4,
        "n_unknown": 0,
        "n_acted": 2,
        "n_pending": 2,
        "oldest_pending_seconds": (NOW - day).total_seconds(),
    }
    assert (report.n_handoffs_claimed, report.n_handoffs_with_action) == (4, 2)


async def test_the_pending_are_censored_not_dropped(database: Database, company: Company) -> None:
    for seconds in (10, 20, 30):
        _handoff(company, at("2026-06-10 08:00"), claimed_at=60, first_action_at=60 + seconds)
    for _ in range(4):
        _handoff(company, at("2026-06-10 08:00"), claimed_at=60)
    report = await _report(database, company)
    # Over those acted on, the median is 20 s; most have not been acted on at all.
    assert report.median_seconds_to_first_action == 20
    waiting = report.time_to_first_action
    assert (waiting.n, waiting.n_censored, waiting.median, waiting.mean) == (7, 4, None, None)
    assert waiting.estimator == "kaplan-meier"


async def test_the_claimants_own_action_is_counted_apart(database: Database, company: Company) -> None:
    """The same claims; the contract's figures are of anybody's first step, the headline of the claimant's."""
    day = at("2026-06-10 08:00")
    for seconds in (20, 40):
        _handoff(company, day, claimed_at=0, first_action_at=10, claimant_action_at=seconds)
    for _ in range(3):
        _handoff(company, day, claimed_at=0, first_action_at=10)
    _handoff(company, day, claimed_at=0, closed_at=50)
    report = await _report(database, company)
    assert (report.n_handoffs_with_action, report.median_seconds_to_first_action) == (5, 10)
    anybody, claimant = report.time_to_first_action, report.time_to_claimant_action
    assert (anybody.n, anybody.n_censored, anybody.median) == (6, 1, 10)
    assert (claimant.n, claimant.n_censored, claimant.median, claimant.mean) == (6, 4, None, None)
    shares = [point.share_waiting for point in report.claimant_survival_curve]
    assert shares[:3] == [1, round(5 / 6, 4), round(4 / 6, 4)]
    async with database.read(company.id) as db:
        shown = await headline(db, window(company.id, now=NOW, account_timezone="UTC"))
    assert (shown.time_to_claimant_action, shown.time_to_first_action) == (claimant, anybody)


async def test_a_claim_before_the_window_counts_when_its_clock_starts(
    database: Database, company: Company
) -> None:
    """Time to claim counts handoffs created in the window, time to first action those claimed in it."""
    start = NOW - timedelta(days=30)
    _handoff(company, start - timedelta(seconds=1), claimed_at=2, first_action_at=5)
    report = await _report(database, company)
    assert (report.time_to_claim.n, report.time_to_first_action.n, report.n_handoffs_claimed) == (0, 1, 1)


async def test_closed_without_a_claim_is_censored_when_it_closed(database: Database, company: Company) -> None:
    day = at("2026-06-10 08:00")
    _handoff(company, day, closed_at=10)
    _handoff(company, day, claimed_at=20)
    report = await _report(database, company)
    # At 20 s only one was still open, and it was claimed: the curve falls to zero there.
    assert (report.time_to_claim.median, report.time_to_claim.mean) == (20, 20)


async def test_a_past_window_speaks_for_its_own_end(database: Database, company: Company) -> None:
    _handoff(company, at("2026-02-28 23:00"), claimed_at=7200, first_action_at=7300)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-02-01", to="2026-03-01")
    report = await _report(database, company, asked)
    assert report.window.as_of == at("2026-03-01 00:00")
    assert (report.population.n_unclaimed, report.population.n_pending) == (1, 1)
    assert (report.time_to_claim.n_censored, report.time_to_claim.median) == (1, None)


@pytest.mark.parametrize(("n", "index"), [(1, 0), (2, 1), (11, 10), (31, 28), (20, 18)])
async def test_p95_is_the_value_at_the_contracts_index(
    database: Database, company: Company, n: int, index: int
) -> None:
    for seconds in range(1, n + 1):
        _handoff(company, at("2026-06-10 08:00"), claimed_at=0, first_action_at=seconds)
    report = await _report(database, company)
    assert report.p95_seconds_to_first_action == index + 1


async def test_the_definition_is_honest(database: Database, company: Company) -> None:
    definition = (await _report(database, company)).metric_definition
    assert 'NOT "minutes recovered"' in definition
    for words in ("claimed", "first step", "measured baseline of the verbal handoff", "savings report"):
        assert words in definition


async def test_an_empty_account_has_no_figures(database: Database, company: Company) -> None:
    body: dict[str, Any] = (await _report(database, company)).model_dump(mode="json")
    assert body["population"]["oldest_pending_seconds"] is None
    assert body["time_to_claim"] == {
        "unit": "seconds",
        "n": 0,
        "n_censored": 0,
        "n_unknown": 0,
        "mean": None,
        "median": None,
        "p90": None,
        "p95": None,
        "median_ci95": None,
        "estimator": "kaplan-meier",
    }
