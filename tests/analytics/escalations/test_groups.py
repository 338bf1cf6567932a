"""Escalations by reason and domain, compared with the previous period."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.escalations.schemas import Escalations
from flowpilot.analytics.estimates.comparison import compare, window_before
from flowpilot.analytics.metrics import METRICS
from flowpilot.analytics.period import Window, window
from flowpilot.analytics.statistics import Estimate, proportion
from flowpilot.analytics.tables.flat import to_csv
from flowpilot.db.session import Database
from tests.company import Company, at

pytestmark = pytest.mark.anyio

NOW = at("2026-06-15 12:00")
DAY = at("2026-06-10 08:00")
START = NOW - timedelta(days=30)
BEFORE = START - timedelta(days=5)


def _handoff(company: Company, reason: str = "", domain: str | None = None, **values: Any) -> None:
    session = company.add("ai_sessions", problem_domain=domain)
    company.add("session_handoffs", **{"session_id": session, "created_at": DAY, "reason": reason, **values})


def _acted(company: Company, seconds: float, created: datetime = DAY, **values: Any) -> None:
    moments = {
        "created_at": created,
        "claimed_at": created,
        "first_action_at": created + timedelta(seconds=seconds),
    }
    _handoff(company, **{**moments, **values})


async def _report(database: Database, company: Company, asked: Window | None = None) -> Escalations:
    async with database.read(company.id) as db:
        return await escalations(db, asked or window(company.id, now=NOW, account_timezone="UTC"))


async def test_reasons_are_the_same_whatever_their_case_and_blanks(database: Database, company: Company) -> None:
    for reason in ("Needs admin", " needs ADMIN\n", "\tneeds admin ", "VPN", "", "  "):
        _handoff(company, reason)
    report = await _report(database, company)
    assert [(group.reason, group.n) for group in report.by_reason] == [("Needs admin", 3), (None, 2), ("VPN", 1)]


async def test_twenty_reasons_are_listed(database: Database, company: Company) -> None:
    for number in range(22):
        _handoff(company, f"reason {number:02}")
    _handoff(company, "reason 21", claimed_at=DAY, closed_at=DAY, outcome="returned")
    report = await _report(database, company)
    names = [(group.reason, group.n) for group in report.by_reason]
    assert names[:2] == [("reason 21", 2), ("reason 00", 1)]
    assert names[19:] == [("reason 18", 1), ("(other)", 2)]
    assert sum(group.n for group in report.by_reason) == report.population.n_created


async def test_a_groups_figures(database: Database, company: Company) -> None:
    for seconds in (10, 20, 30):
        _acted(company, seconds, reason="stuck", domain="vpn")
    _handoff(company, "stuck", "email", claimed_at=DAY, closed_at=DAY, outcome="returned")
    _acted(company, 5, reason="other", domain="vpn")
    report = await _report(database, company)
    stuck, other = report.by_reason
    assert (stuck.reason, stuck.n, stuck.n_acted, stuck.median_seconds_to_first_action) == ("stuck", 4, 3, 20)
    assert (stuck.bounce_back_rate, stuck.bounce_back_rate_n, stuck.bounce_back_rate_ci95) == (
        0.25,
        4,
        (0.0456, 0.6994),
    )
    assert (stuck.release_rate, stuck.release_rate_n, stuck.release_rate_ci95) == (None, 0, None)
    assert (other.reason, other.n, other.median_seconds_to_first_action) == ("other", 1, 5)
    # 5, 10, 20 and 30 s: the median is the second.
    assert [(group.domain, group.n, group.median_seconds_to_first_action) for group in report.by_domain] == [
        ("vpn", 4, 10),
        ("email", 1, None),
    ]


async def test_a_session_without_a_domain_is_no_domain(database: Database, company: Company) -> None:
    _handoff(company, domain=None)
    _handoff(company, domain="vpn")
    report = await _report(database, company)
    assert [(group.domain, group.n) for group in report.by_domain] == [("vpn", 1), (None, 1)]


async def test_a_group_holds_what_was_claimed_in_the_window_too(database: Database, company: Company) -> None:
    """Created before the window, claimed in it: not counted for the waits, but for the bounces."""
    _handoff(company, "old", created_at=BEFORE, claimed_at=DAY, closed_at=DAY, outcome="returned")
    [group] = (await _report(database, company)).by_reason
    assert (group.n, group.n_acted, group.bounce_back_rate, group.bounce_back_rate_n) == (0, 0, 1, 1)


async def test_the_period_before_is_as_long_and_ends_where_this_begins(
    database: Database, company: Company
) -> None:
    report = await _report(database, company)
    assert (report.previous.from_, report.previous.to) == (START - timedelta(days=30), START)
    asked = window(company.id, now=NOW, account_timezone="UTC", from_="2026-03-01", to="2026-03-08")
    before = window_before(asked)
    assert (before.start, before.end, before.as_of) == (
        at("2026-02-22 00:00"),
        at("2026-03-01 00:00"),
        at("2026-03-01 00:00"),
    )


async def test_a_moment_is_in_one_of_the_two(database: Database, company: Company) -> None:
    _acted(company, 0, START)
    _acted(company, 0, START - timedelta(microseconds=1))
    _acted(company, 0, START - timedelta(days=30))
    _acted(company, 0, START - timedelta(days=30, microseconds=1))
    report = await _report(database, company)
    assert (report.quality.created_to_claim.n, report.previous.created_to_claim.n) == (1, 2)
    assert (report.n_handoffs_claimed, report.previous.bounce_back_rate.n) == (1, 2)


async def test_the_period_before_is_shown_as_it_stood_then(database: Database, company: Company) -> None:
    """Both periods have the same time to bounce, or the older one would look worse by its age alone."""
    _handoff(company, created_at=BEFORE, claimed_at=BEFORE, closed_at=DAY, outcome="returned")
    report = await _report(database, company)
    assert (report.previous.bounce_back_rate.value, report.previous.bounce_back_rate.n) == (0, 1)


async def test_a_clear_change_has_a_direction(database: Database, company: Company) -> None:
    for number in range(12):
        outcome = "returned" if number < 10 else "resolved"
        _acted(company, 100 + number, BEFORE, closed_at=BEFORE + timedelta(seconds=500), outcome=outcome)
        _acted(company, 10 + number, closed_at=DAY + timedelta(seconds=500), outcome="resolved")
    previous = (await _report(database, company)).previous
    bounces, waits = previous.bounce_back_rate, previous.time_to_first_action
    assert (bounces.value, bounces.n, bounces.difference, bounces.direction) == (0.8333, 12, -0.8333, "better")
    assert (waits.value, waits.n, waits.difference, waits.direction) == (105, 12, -90, "better")
    assert (previous.created_to_claim.difference, previous.created_to_claim.direction) == (0, None)


async def test_a_change_that_may_be_chance_has_no_direction(database: Database, company: Company) -> None:
    for number in range(3):
        _acted(company, 100 + number, BEFORE)
        _acted(company, 10 + number)
    waits = (await _report(database, company)).previous.time_to_first_action
    # With three cases each, the upper end of the median is not known.
    assert (waits.value, waits.difference, waits.difference_ci95, waits.direction) == (
        101,
        -90,
        (None, None),
        None,
    )


@pytest.mark.parametrize(
    ("name", "new", "old", "direction"),
    [
        ("bounce_back_rate", (1, 50), (30, 50), "better"),
        ("bounce_back_rate", (30, 50), (1, 50), "worse"),
        ("bounce_back_rate", (11, 50), (10, 50), None),
        ("snapshot_completeness", (40, 50), (10, 50), "better"),
        ("snapshot_completeness", (10, 50), (40, 50), "worse"),
        ("release_rate", (0, 0), (40, 50), None),
    ],
)
def test_good_is_what_the_catalogue_says(
    name: str, new: tuple[int, int], old: tuple[int, int], direction: str | None
) -> None:
    assert compare(name, proportion(*new), proportion(*old), 4).direction == direction


def test_one_unknown_end_leaves_the_other() -> None:
    """A median that is certainly longer, by an unknown amount, is certainly worse."""
    new, old = Estimate(500, 20, (400, None)), Estimate(100, 20, (80, 130))
    found = compare("created_to_first_action", new, old, 2)
    assert (found.difference, found.difference_ci95, found.direction) == (400, (295.6, None), "worse")


async def test_every_compared_figure_is_in_the_catalogue(database: Database, company: Company) -> None:
    report = await _report(database, company)
    compared = set(type(report.previous).model_fields) - {"from_", "to", "created_to_claim"}
    assert compared <= set(METRICS)
    assert compared | {"time_to_claim"} <= set(report.definitions)


async def test_the_csv_has_the_groups_by_their_names(database: Database, company: Company) -> None:
    _acted(company, 10, reason="stuck", domain="vpn")
    rows = to_csv(await _report(database, company)).splitlines()
    assert "by_reason,stuck,median_seconds_to_first_action,10.0" in rows
    assert "by_domain,vpn,n,1" in rows
    assert "quality.bounce_back_rate,,ci95_low,0.0" in rows
    assert "previous.release_rate,,direction," in rows


def test_the_beginning_of_time_has_a_period_before(client: TestClient, company: Company) -> None:
    asked = {"from": "0001-01-01T00:00:00Z", "to": "0001-01-05T00:00:00Z"}
    answer = client.get("/api/v1/analytics/flowpilot/escalations", params=asked, headers=company.headers())
    assert answer.status_code == 200, answer.text
    assert answer.json()["previous"]["from"] == "0001-01-01T00:00:00Z"
