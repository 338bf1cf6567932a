"""A server remembers the sums of days, knows them by their versions, and is sent no others again."""

import sys
from typing import Any

import pytest
from sqlalchemy import RowMapping, inspect

from flowpilot.analytics.dashboard import sums
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.dashboard.schemas import Dashboard
from flowpilot.analytics.period import Period, Window, window
from flowpilot.analytics.summed.memory import memory
from flowpilot.analytics.summed.remembered import recall, said
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.session import Database
from flowpilot.sessions.days import news, rolling
from flowpilot.sessions.days.models import SessionDay
from tests.company import Company, at

NOW = at("2026-06-15 12:00")


def _window(company: Company, tz: str = "UTC") -> Window:
    return window(company.id, now=NOW, account_timezone=tz)


def _sum_up(company: Company) -> None:
    with account_transaction(company.urls.runtime, company.id) as connection:
        news.mark_all(connection, company.id)
    rolling.roll(company.urls.runtime, company.id)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[str | None]]:
    """The days whose sums the statement answers, each time."""
    found: list[list[str | None]] = []
    as_always = sums._by_day

    def listen(row: RowMapping) -> Any:
        found.append(sorted(filter(None, (day for day, _ in row["totals"] or []))))
        return as_always(row)

    monkeypatch.setattr(sums, "_by_day", listen)
    return found


async def _report(database: Database, asked: Window) -> Dashboard:
    async with database.read(asked.account_id) as db:
        return await dashboard(db, asked)


@pytest.mark.anyio
async def test_a_day_is_sent_once_and_again_when_it_is_summed_up_anew(
    database: Database, company: Company, sent: list[list[str | None]]
) -> None:
    for day in ("2026-06-10", "2026-06-12"):
        company.add("ai_sessions", created_at=f"{day}T08:00Z", status="resolved", resolved_at=f"{day}T09:00Z")
    _sum_up(company)
    first = await _report(database, _window(company))
    assert await _report(database, _window(company)) == first
    company.add("ai_sessions", created_at="2026-06-12T08:00Z", status="escalated")
    _sum_up(company)
    again = await _report(database, _window(company))
    assert (first.total_sessions, again.total_sessions, again.escalated_sessions) == (2, 3, 1)
    assert sent == [["2026-06-10", "2026-06-12"], [], ["2026-06-12"]]


@pytest.mark.anyio
async def test_another_zone_has_other_dates(
    database: Database, company: Company, sent: list[list[str | None]]
) -> None:
    company.add("ai_sessions", created_at="2026-06-10T08:00Z", status="resolved", resolved_at="2026-06-10T23:30Z")
    _sum_up(company)
    days = [
        [str(one.date) for one in (await _report(database, _window(company, tz))).mttr_trend]
        for tz in ("UTC", "Asia/Tokyo", "UTC")
    ]
    assert days == [["2026-06-10"], ["2026-06-11"], ["2026-06-10"]]
    assert sent == [["2026-06-10"], ["2026-06-10"], []]


@pytest.mark.anyio
async def test_a_day_counts_as_much_as_it_takes(database: Database, company: Company) -> None:
    for day in range(1, 31):
        resolved_at = f"2026-06-{day:02}T09:00Z"
        company.add("ai_sessions", created_at="2026-05-31T08:00Z", status="resolved", resolved_at=resolved_at)
    _sum_up(company)
    memory.forget()
    asked = window(company.id, now=at("2026-06-30 12:00"), account_timezone="UTC", period=Period.QUARTER)
    await _report(database, asked)
    [(_, day)] = recall("dashboard", asked).values()
    assert len(day.trend) == 30
    assert _size(day) < memory.n_bytes < 2 * _size(day)


def _size(kept: Any) -> int:
    """The memory of a value with all that is in it."""
    inner = [*kept, *kept.values()] if isinstance(kept, dict) else kept if isinstance(kept, (list, tuple)) else []
    return sys.getsizeof(kept) + sum(map(_size, inner))


def test_a_version_is_made_of_every_list(company: Company) -> None:
    company.add("ai_sessions", created_at="2026-06-10T08:00Z")
    _sum_up(company)
    lists = [one.name for one in inspect(SessionDay).columns if one.name not in {"account_id", "day", "version"}]
    versions = company.query("SELECT version FROM session_days")
    for name in lists:
        [(kind,)] = company.query(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
            f" WHERE attrelid = 'session_days'::regclass AND attname = '{name}'"
        )
        value = {"text[]": "new", "uuid[]": str(new_id()), "interval[]": "3 hours"}.get(kind, "7")
        versions += company.query(f"UPDATE session_days SET {name} = {name} || '{{{value}}}' RETURNING version")
    assert len(set(versions)) == 1 + len(lists)


def test_only_versions_of_the_windows_days_are_said(company: Company) -> None:
    known = {f"2026-{day}": (-number, None) for number, day in enumerate(("05-15", "05-16", "06-15", "06-16"))}
    assert said(known, _window(company)) == {"known_days": "{2026-05-16,2026-06-15}", "known_versions": "{-1,-2}"}


@pytest.mark.anyio
async def test_a_day_that_is_like_another_one_counts_too(database: Database, company: Company) -> None:
    company.add("ai_sessions", created_at="2026-06-10T08:00Z")
    _sum_up(company)
    await _report(database, _window(company))
    company.add("ai_sessions", created_at="2026-06-12T08:00Z")
    _sum_up(company)
    assert (await _report(database, _window(company))).total_sessions == 2
