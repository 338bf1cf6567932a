"""A lease counts working time: a claim shortly before closing does not lapse overnight."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from flowpilot.db.session import Database
from flowpilot.handoffs import claims
from flowpilot.handoffs.leases import EXPIRE_JOB, REMIND_JOB
from flowpilot.handoffs.models import SessionHandoff
from flowpilot.identity.accounts import change_account
from flowpilot.identity.actor import Role
from flowpilot.identity.schemas import AccountChange
from flowpilot.wiring import wire_features
from tests.company import Company, at
from tests.handoffs.helpers import actor, escalated

pytestmark = pytest.mark.anyio

HOURS = {"timezone": "Europe/Vienna", "work_days": [1, 2, 3, 4, 5], "work_start": "08:00", "work_end": "17:00"}


async def _claim(database: Database, company: Company, now: datetime, **rules: Any) -> SessionHandoff:
    wire_features()
    changes = AccountChange.model_validate(rules).model_dump(exclude_unset=True)
    async with database.write(company.id) as db:
        await change_account(db, actor(company, Role.OWNER), changes, now)
        handoff = await escalated(db, actor(company), now - timedelta(minutes=1))
    async with database.write(company.id) as db:
        return await claims.claim(db, actor(company, Role.TEAM_ADMIN), handoff.id, now)


def _due(company: Company) -> dict[str, datetime]:
    query = "SELECT task_name, scheduled_at FROM procrastinate_jobs WHERE args->>'account_id' = %s"
    found = dict(company.query(query, str(company.id)))
    return {task: found[task] for task in (REMIND_JOB, EXPIRE_JOB) if task in found}


@pytest.mark.parametrize(
    ("claimed", "lease", "reminder", "ends"),
    [
        ("2026-06-15 10:00", 30, "2026-06-15 10:25", "2026-06-15 10:30"),  # Vienna is two hours ahead.
        ("2026-06-15 14:50", 30, "2026-06-16 06:15", "2026-06-16 06:20"),
        ("2026-06-15 14:32", 30, "2026-06-15 14:57", "2026-06-16 06:02"),
        ("2026-06-19 14:55", 10, "2026-06-22 06:03", "2026-06-22 06:05"),
        ("2026-06-20 12:00", 30, "2026-06-22 06:25", "2026-06-22 06:30"),
    ],
)
async def test_lease_and_reminder_count_working_time(
    database: Database, company: Company, claimed: str, lease: int, reminder: str, ends: str
) -> None:
    handoff = await _claim(database, company, at(claimed), lease_minutes=lease, **HOURS)
    assert (handoff.claimed_at, handoff.lease_expires_at) == (at(claimed), at(ends))
    assert _due(company) == {REMIND_JOB: at(reminder), EXPIRE_JOB: at(ends)}


async def test_the_neighbours_hours_are_not_ours(database: Database, company: Company, neighbour: Company) -> None:
    await _claim(database, neighbour, at("2026-06-20 12:00"), **HOURS)
    handoff = await _claim(database, company, at("2026-06-20 12:00"))
    assert handoff.lease_expires_at == at("2026-06-20 12:30")


async def test_without_leases_hours_change_nothing(database: Database, company: Company) -> None:
    handoff = await _claim(database, company, at("2026-06-15 14:50"), lease_minutes=None, **HOURS)
    assert (handoff.lease_expires_at, _due(company)) == (None, {})


@pytest.mark.parametrize("rules", [{}, HOURS], ids=["around the clock", "with hours"])
async def test_a_claim_reads_the_rules_of_its_lease_once(
    database: Database, company: Company, rules: dict[str, Any]
) -> None:
    sent: list[str] = []
    event.listen(
        database.engine.sync_engine, "before_cursor_execute", lambda _, __, statement, *___: sent.append(statement)
    )
    await _claim(database, company, at("2026-06-15 14:50"), **rules)
    claiming = sent[max(number for number, words in enumerate(sent) if "SET LOCAL app.account_id" in words) :]
    assert sum("lease_minutes" in words for words in claiming) == 1
    assert len(claiming) <= 12
