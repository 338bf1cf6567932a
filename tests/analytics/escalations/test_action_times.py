"""The curve of those still waiting, and the buckets of the others."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flowpilot.analytics.escalations.action_times import BUCKETS, MOST_POINTS, distribution, survival_curve
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import CurvePoint, Escalations
from flowpilot.analytics.period import window
from flowpilot.analytics.statistics import kaplan_meier
from flowpilot.db.session import Database
from tests.company import Company, at

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")

waits = st.lists(st.integers(0, 5000), max_size=600)


def _curve(ended: list[float], censored: list[float]) -> list[CurvePoint]:
    return survival_curve(kaplan_meier(ended, censored))


def _told(points: list[CurvePoint]) -> list[tuple[float, float, int]]:
    return [(point.seconds, point.share_waiting, point.n_at_risk) for point in points]


def test_the_textbook_example() -> None:
    """Remission on 6-MP, in weeks (Freireich et al. 1963): R's survfit(conf.type = "log-log")."""
    points = _curve([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
    assert _told(points) == [
        (0, 1, 21),
        (6, 0.8571, 21),
        (7, 0.8067, 17),
        (10, 0.7529, 15),
        (13, 0.6902, 12),
        (16, 0.6275, 11),
        (22, 0.5378, 7),
        (23, 0.4482, 6),
        (35, 0.4482, 1),
    ]
    assert points[0].share_waiting_ci95 is None
    assert points[1].share_waiting_ci95 == (0.6197, 0.9516)
    assert points[-2].share_waiting_ci95 == points[-1].share_waiting_ci95 == (0.1881, 0.6801)


def test_nobody_has_waited() -> None:
    assert _curve([], []) == []


def test_one_case() -> None:
    assert [point.model_dump() for point in _curve([5.0], [])] == [
        {"seconds": 0, "share_waiting": 1, "share_waiting_ci95": None, "n_at_risk": 1},
        {"seconds": 5, "share_waiting": 0, "share_waiting_ci95": None, "n_at_risk": 1},
    ]


def test_everybody_still_waits() -> None:
    assert _told(_curve([], [3.0, 9.0])) == [(0, 1, 2), (9, 1, 1)]


def test_an_immediate_action_is_at_the_beginning() -> None:
    assert _told(_curve([0.0, 4.0], [])) == [(0, 1, 2), (0, 0.5, 2), (4, 0, 1)]


@given(waits, waits)
def test_a_thinned_curve_stays_close(ended: list[float], censored: list[float]) -> None:
    points = _curve(ended, censored)
    full = kaplan_meier(ended, censored).curve
    if full is None:
        assert points == []
        return
    assert len(points) <= MOST_POINTS
    assert (points[0].seconds, points[0].share_waiting) == (0, 1)
    assert points[-1].seconds == full.times[-1]
    true = {float(time): float(share) for time, share in zip(full.times, full.shares, strict=True)}
    assert all(point.share_waiting == round(true[point.seconds], 4) for point in points[1:])
    following = iter([*points[1:], None])
    shown, after = 1.0, next(following)
    for time, share in true.items():
        while after is not None and after.seconds <= time:
            shown, after = after.share_waiting, next(following)
        assert abs(shown - share) < 1 / 118 + 1e-4


def test_a_bucket_holds_its_beginning_and_not_its_end() -> None:
    found = distribution(np.array([-1, 0, 29.99, 30, 59.99, 14399.99, 14400, 1e9]))
    assert [(bucket.from_seconds, bucket.to_seconds, bucket.n) for bucket in found] == [
        (0, 30, 3),
        (30, 60, 2),
        (60, 120, 0),
        (120, 300, 0),
        (300, 600, 0),
        (600, 1200, 0),
        (1200, 1800, 0),
        (1800, 3600, 0),
        (3600, 7200, 0),
        (7200, 14400, 1),
        (14400, None, 2),
    ]


def test_the_buckets_are_there_without_cases() -> None:
    assert [(bucket.from_seconds, bucket.n) for bucket in distribution(np.zeros(0))] == [
        (start, 0) for start in BUCKETS
    ]


async def _report(database: Database, company: Company) -> Escalations:
    async with database.read(company.id) as db:
        return await escalations(db, window(company.id, now=NOW, account_timezone="UTC"))


def _claimed(company: Company, **moments: float) -> None:
    after = {name: DAY + timedelta(seconds=seconds) for name, seconds in moments.items()}
    company.add("session_handoffs", session_id=company.add("ai_sessions"), created_at=DAY, claimed_at=DAY, **after)


@pytest.mark.anyio
async def test_the_report_counts_those_who_wait(database: Database, company: Company, neighbour: Company) -> None:
    _claimed(company, first_action_at=10)
    _claimed(company, first_action_at=100)
    _claimed(company, closed_at=50)
    _claimed(company)
    _claimed(neighbour, first_action_at=20)
    report = await _report(database, company)
    waited = (NOW - DAY).total_seconds()
    assert _told(report.survival_curve) == [(0, 1, 4), (10, 0.75, 4), (100, 0.375, 2), (waited, 0.375, 1)]
    assert [bucket.n for bucket in report.distribution] == [1, 0, 1, *[0] * 8]
    assert {"waiting_share", "action_distribution"} <= set(report.definitions)


def test_points_that_are_shared_cannot_be_changed() -> None:
    first, again = (_curve([1.0, 2.0, 3.0], [4.0])[1] for _ in range(2))
    assert first is again
    with pytest.raises(ValidationError):
        first.seconds = 9.0  # type: ignore[misc]
