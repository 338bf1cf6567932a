"""Savings: reported against a measured baseline, or not at all."""

import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from rich.console import Console

from flowpilot.analytics.period import Window, window
from flowpilot.analytics.savings.report import savings
from flowpilot.analytics.savings.schemas import Savings
from flowpilot.analytics.tables.flat import to_csv
from flowpilot.cli.render import print_report
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
WHO = "01900000-0000-7000-8000-000000000001"


def _talks(company: Company, seconds: Sequence[float | None], created: datetime = DAY, **values: Any) -> None:
    """Verbal handoffs with these durations; None is still running."""
    row = {"method": "stopwatch", "measured_by": WHO, "created_at": created, **values}
    for duration in seconds:
        company.add("handoff_baselines", seconds=duration, **row)


def _handoffs(company: Company, waits: Sequence[float | None], claimed: datetime = DAY) -> None:
    """Claimed handoffs that their claimant acted on after these seconds, or not yet (None)."""
    session = company.add("ai_sessions")
    for wait in waits:
        acted = None if wait is None else claimed + timedelta(seconds=wait)
        moments = {"created_at": claimed, "claimed_at": claimed, "claimant_action_at": acted}
        company.add("session_handoffs", session_id=session, **moments)


async def _report(database: Database, company: Company, asked: Window | None = None) -> Savings:
    async with database.read(company.id) as db:
        return await savings(db, asked or window(company.id, now=NOW, account_timezone="UTC"))


async def test_what_an_import_brought_was_not_in_the_product(
    client: TestClient, database: Database, company: Company
) -> None:
    """A year of past tickets, which nobody worked on here, would be compared with the stopwatch."""
    _talks(company, [720.0] * 20)
    _handoffs(company, [120] * 30)
    _handoffs(company, [9000] * 40)
    [(brought,)] = company.query("SELECT session_id FROM session_handoffs GROUP BY 1 HAVING count(*) = 40")
    run = company.add("import_runs", digest="0", file_name="log.csv", mapping="log", counts={})
    company.add("import_items", id=brought, run_id=run, kind="session")
    report = await _report(database, company)
    assert (report.product.n, report.product.median) == (30, 120)
    assert {one.clock: one.product.n for one in report.comparisons} == {"creation": 30, "claim": 30}
    for imported, n in ((False, 30), (True, 40)):
        asked: dict[str, Any] = {"by": "claimed", "imported": imported, "from": "2026-06-01", "to": "2026-06-15"}
        rows = client.get("/api/v1/analytics/flowpilot/rows/handoffs", params=asked, headers=company.headers())
        assert rows.json()["n"] == n


async def test_the_difference_of_two_medians(database: Database, company: Company) -> None:
    """No spread: the figures are exact, and so is the interval."""
    _talks(company, [720.0] * 20)
    _handoffs(company, [120] * 30)
    report = await _report(database, company)
    assert (report.status, report.missing) == ("measured", [])
    assert report.difference is not None
    assert report.difference.model_dump() == {
        "seconds_per_handoff": 600,
        "seconds_per_handoff_ci95": (600, 600),
        "hours_per_month": None,
        "hours_per_month_ci95": None,
        "handoffs_per_month": 30,
        "direction": "saves",
        "method": "percentile bootstrap, 2,000 resamples",
    }


async def test_both_sides_are_in_the_answer(database: Database, company: Company) -> None:
    _talks(company, [float(minute) for minute in range(1, 41)])
    _handoffs(company, [*range(1, 17), *[None] * 4])
    report = await _report(database, company)
    baseline, product = report.baseline, report.product
    # The 20th of 40 and the 38th; the 10th of 20.
    assert (baseline.n, baseline.n_censored, baseline.median, baseline.p95) == (40, 0, 20, 38)
    assert (product.n, product.n_censored, product.median, product.p95) == (20, 4, 10, None)
    # After k of 40 the curve S is 1 - k / 40, its band S ** exp(z * sqrt((1 - S) / (40 * S)) / log(S)) with z
    # of -1.96 and 1.96. It crosses 1/2 at 14 and 26.
    assert baseline.median_ci95 == (14, 26)
    # Of 40, 36 or more are as short as the p95 with a chance of 95.2 %, 37 or more with one of 86.2 %.
    assert baseline.p95_ci95 == (36.04, None)
    # Of the product's, no more is known than that five were left after 16 minutes.
    assert product.p95_ci95 == (16, None)


async def test_nineteen_cases_are_one_too_few(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 19)
    _handoffs(company, [60] * 19)
    report = await _report(database, company)
    assert (report.status, report.difference) == ("insufficient", None)
    assert report.missing == [
        "19 of 20 measured verbal handoffs in this window: time 1 more with the stopwatch.",
        "19 of 20 claimed handoffs in this window: claim 1 more in the product.",
    ]
    # The known figures are shown nevertheless.
    assert (report.baseline.median, report.product.median) == (600, 60)
    _talks(company, [600.0])
    _handoffs(company, [60])
    assert (await _report(database, company)).status == "measured"


async def test_a_median_that_is_not_reached_gives_no_figure(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 20)
    _handoffs(company, [*[60] * 10, *[None] * 11])
    report = await _report(database, company)
    assert (report.status, report.difference, report.product.median) == ("measured", None, None)
    # The share and the restricted mean do not need it: 10 of 21 started within a minute, before all others.
    assert [one.faster_share.value for one in report.comparisons] == [round(10 / 21, 4)] * 2
    assert report.product.median_ci95 is not None


async def test_nobody_has_acted(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 20)
    _handoffs(company, [None] * 20)
    report = await _report(database, company)
    assert (report.product.n, report.product.n_censored, report.difference) == (20, 20, None)
    assert [one.faster_share.value for one in report.comparisons] == [0, 0]


async def test_a_loss_is_shown_as_one(database: Database, company: Company) -> None:
    _talks(company, [60.0] * 20)
    _handoffs(company, [240] * 20)
    difference = (await _report(database, company)).difference
    assert difference is not None
    assert (difference.seconds_per_handoff, difference.direction) == (-180, "costs")


async def test_an_interval_around_zero_decides_nothing(database: Database, company: Company) -> None:
    _talks(company, [float(second) for second in range(1, 42, 2)])
    _handoffs(company, [*range(2, 42, 2)])
    difference = (await _report(database, company)).difference
    assert difference is not None
    assert difference.seconds_per_handoff_ci95 is not None
    low, high = difference.seconds_per_handoff_ci95
    assert low is not None
    assert high is not None
    assert low < difference.seconds_per_handoff < high
    assert (low < 0 < high, difference.direction) == (True, "unclear")


async def test_an_end_that_is_not_reached_is_null(database: Database, company: Company) -> None:
    """12 of 20 have acted: the median is known, but not how long it may be."""
    _talks(company, [600.0] * 20)
    _handoffs(company, [*[60] * 12, *[None] * 8])
    difference = (await _report(database, company)).difference
    assert difference is not None
    assert difference.seconds_per_handoff_ci95 == (None, 540)
    assert difference.direction == "unclear"


async def test_entered_times_are_shown_apart_and_never_counted(database: Database, company: Company) -> None:
    _talks(company, [60.0, 120.0, 1800.0], method="entered")
    _talks(company, [600.0] * 19)
    _handoffs(company, [60] * 20)
    report = await _report(database, company)
    assert report.entered.model_dump() == {"n": 3, "median": 120, "p95": 1800}
    assert (report.baseline.n, report.status) == (19, "insufficient")


async def test_only_entered_times_are_no_baseline(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 25, method="entered")
    _handoffs(company, [60] * 20)
    report = await _report(database, company)
    assert (report.baseline.n, report.baseline.median, report.entered.n) == (0, None, 25)
    assert report.missing == ["0 of 20 measured verbal handoffs in this window: time 20 more with the stopwatch."]


async def test_excluded_ones_are_counted_by_their_reason(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 3)
    _talks(company, [5.0], excluded_reason="tried it out")
    _talks(company, [9000.0, 9001.0], excluded_reason="went to lunch")
    _talks(company, [7.0], method="entered", excluded_reason="tried it out")
    _talks(company, [8.0], excluded_reason="a joke")
    report = await _report(database, company)
    assert (report.baseline.n, report.baseline.p95, report.entered.n) == (3, 600, 0)
    assert report.excluded.model_dump() == {
        "n": 5,
        "reasons": [
            {"reason": "tried it out", "n": 2},
            {"reason": "went to lunch", "n": 2},
            {"reason": "a joke", "n": 1},
        ],
    }


async def test_a_running_stopwatch_has_measured_nothing(database: Database, company: Company) -> None:
    _talks(company, [None], created=NOW)
    report = await _report(database, company)
    assert (report.baseline.n, report.n_running) == (0, 1)


async def test_the_window_is_that_of_the_beginning(database: Database, company: Company) -> None:
    start = NOW - timedelta(days=30)
    _talks(company, [1.0], start)
    _talks(company, [2.0], start - timedelta(microseconds=1))
    _talks(company, [3.0], NOW)
    _handoffs(company, [4], start)
    _handoffs(company, [5], start - timedelta(microseconds=1))
    report = await _report(database, company)
    assert (report.baseline.n, report.baseline.p95) == (2, 3)
    assert (report.product.n, report.product.p95) == (1, 4)


async def test_a_past_window_speaks_for_its_own_end(database: Database, company: Company) -> None:
    """Rows that were running or waiting at `as_of` count as such, no matter what came later."""
    late = at("2026-02-28 23:55")
    _talks(company, [240.0], late, stopped_at=late + timedelta(seconds=240))
    _talks(company, [600.0], late, stopped_at=late + timedelta(seconds=600))
    _handoffs(company, [240, 600], late)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-02-01", to="2026-03-01")
    report = await _report(database, company, asked)
    assert report.window.as_of == at("2026-03-01 00:00")
    assert (report.baseline.n, report.baseline.p95, report.n_running) == (1, 240, 1)
    assert (report.product.n, report.product.n_censored) == (2, 1)


async def test_a_month_is_thirty_days_of_the_window_so_far(database: Database, company: Company) -> None:
    """A window of 20 days, 10 of which are over."""
    _talks(company, [3660.0] * 20)
    _handoffs(company, [60] * 20)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-06-05T12:00", to="2026-06-25T12:00")
    difference = (await _report(database, company, asked)).difference
    assert difference is not None
    assert difference.handoffs_per_month == 60


async def test_another_account_is_never_counted(database: Database, company: Company, neighbour: Company) -> None:
    _talks(neighbour, [600.0] * 20)
    _handoffs(neighbour, [60] * 20)
    report = await _report(database, company)
    assert (report.baseline.n, report.product.n, report.status) == (0, 0, "insufficient")
    assert (await _report(database, neighbour)).status == "measured"


async def test_the_words_are_honest(database: Database, company: Company) -> None:
    _talks(company, [600.0] * 20)
    _handoffs(company, [60] * 20)
    report = await _report(database, company)
    body = json.loads(report.model_dump_json())
    definition = body.pop("metric_definition")
    assert 'NOT "minutes recovered"' in definition
    assert "measured baseline" in definition
    assert "recovered" not in json.dumps(body)
    rows = to_csv(report).splitlines()
    assert "difference,,seconds_per_handoff_ci95_low,540.0" in rows
    assert any(row.startswith("definitions,savings_per_month,definition,") for row in rows)


async def test_a_table_says_what_is_known_or_missing(database: Database, company: Company) -> None:
    def printed(report: Savings) -> str:
        console = Console(width=100, file=io.StringIO())
        with console.capture() as capture:
            print_report(console, "Savings", report, definitions=False)
        return capture.get()

    assert "time 20 more with the stopwatch" in printed(await _report(database, company))
    _talks(company, [60.0] * 20)
    _handoffs(company, [240] * 20)
    text = printed(await _report(database, company))
    assert "-180 to -180" in text
    assert "costs" in text
    assert "Missing" not in text


def test_the_stopwatch_makes_it_measured(client: TestClient, company: Company) -> None:
    """Over HTTP, as an engineer measures and a team admin reads."""
    engineer, path = company.headers(Role.ENGINEER), "/api/v1/analytics/flowpilot/savings"
    _handoffs(company, [60] * 20, datetime.now(NOW.tzinfo) - timedelta(days=1))
    for number in range(20):
        if number == 19:
            before = client.get(path, headers=company.headers()).json()
        started = client.post("/api/v1/baselines/start", headers=engineer).json()["id"]
        stopped = client.post(f"/api/v1/baselines/{started}/stop", headers=engineer)
        assert stopped.status_code == 200, stopped.text
    assert (before["status"], before["baseline"]["n"]) == ("insufficient", 19)
    after = client.get(path, headers=company.headers(Role.TEAM_ADMIN)).json()
    assert (after["status"], after["baseline"]["n"], after["difference"]["direction"]) == ("measured", 20, "costs")
