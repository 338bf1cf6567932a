"""A report over days is planned once on a connection, where PostgreSQL can keep a plan."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from flowpilot.analytics.coverage import Coverage, coverage
from flowpilot.analytics.dashboard.report import dashboard
from flowpilot.analytics.escalations.report import escalations
from flowpilot.analytics.flow_quality import flow_quality
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.psa import psa_metrics
from flowpilot.db.session import Database, ReadDb
from flowpilot.db.statements import kept
from tests.company import Company, at

NOW = at("2026-06-15 12:00")
_KEPT = text("SELECT generic_plans, custom_plans FROM pg_prepared_statements")


def _on_a_new_connection(company: Company, work: Callable[[Database], Awaitable[list[Any]]]) -> list[Any]:
    async def all_of_it() -> list[Any]:
        database = Database(company.urls.runtime, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(all_of_it())


async def _kept(db: ReadDb) -> list[Any]:
    return [tuple(row) for row in await db.execute(_KEPT)]


@pytest.mark.one_server
def test_five_reports_are_planned_once_each(company: Company) -> None:
    asked = window(company.id, now=NOW, account_timezone="UTC", period=Period.QUARTER)

    async def work(database: Database) -> list[Any]:
        for _ in range(3):
            async with database.read(company.id) as db:
                for report in (dashboard, coverage, flow_quality, psa_metrics, escalations):
                    await report(db, asked)
                # What is read after them is planned for its values, as always.
                assert await db.scalar(text("SHOW plan_cache_mode")) == "auto"
        async with database.read(company.id) as db:
            return await _kept(db)

    assert _on_a_new_connection(company, work) == [(3, 0)] * 5


def test_a_pooler_between_keeps_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "_IS_KEPT", "SELECT %s IS NULL")
    assert _on_a_new_connection(company, lambda database: _covered_twice(database, company)) == []


@pytest.mark.one_server
def test_what_is_lost_is_prepared_no_more(company: Company) -> None:
    """What a pooler does to a statement that it does not know, if nothing shows that it is one."""

    async def work(database: Database) -> list[Any]:
        async with database.read(company.id) as db:
            await _covered(db, company)
            await db.execute(text("DEALLOCATE ALL"))
            with pytest.raises(psycopg.OperationalError):
                await _covered(db, company)
            await db.rollback()
        return await _covered_twice(database, company)

    assert _on_a_new_connection(company, work) == []


async def _covered(db: ReadDb, company: Company) -> Coverage:
    return await coverage(db, window(company.id, now=NOW, account_timezone="UTC"))


async def _covered_twice(database: Database, company: Company) -> list[Any]:
    """What is kept after two reports."""
    async with database.read(company.id) as db:
        assert await _covered(db, company) == await _covered(db, company)
        return await _kept(db)
