"""Who has made entries, and which there are: each found by an index, however many entries there are."""

from typing import Any

import pytest
from sqlalchemy import event

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.audit.log import acted
from tests.company import Company, at

pytestmark = pytest.mark.anyio


async def test_each_is_named_once_and_the_operator_is_nobody(
    company: Company, neighbour: Company, database: Database
) -> None:
    people = sorted(new_id() for _ in range(3))
    before = len(company.query("SELECT DISTINCT actor_id FROM audit_log WHERE actor_id IS NOT NULL"))
    known = {action for (action,) in company.query("SELECT action FROM audit_log")}
    for whose, actors in ((company, [*people, *people, None]), (neighbour, [new_id()])):
        for number, actor in enumerate(actors):
            row = {"target_type": "thing", "target_id": new_id(), "at": at("2026-06-15 12:00")}
            whose.add("audit_log", actor_id=actor, action=f"test.{'ab'[number % 2]}", **row)
    async with database.read(company.id) as db:
        actions, named = await acted(db, company.id)
    assert actions == sorted({*known, "test.a", "test.b"})
    assert len(named) == before + 3
    assert set(people) <= set(named)


async def test_an_account_without_entries_has_none(database: Database) -> None:
    account_id = new_id()
    async with database.read(account_id) as db:
        assert await acted(db, account_id) == ([], [])


async def test_entries_of_one_that_is_known_are_passed_over(company: Company, database: Database) -> None:
    sent: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    async with database.read(company.id) as db:
        event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
        await acted(db, company.id)
        event.remove(database.engine.sync_engine, "before_cursor_execute", listen)
        # Otherwise the costs decide, and they follow from all that other tests have left.
        for other in ("sort", "seqscan", "bitmapscan"):
            await (await db.connection()).exec_driver_sql(f"SET LOCAL enable_{other} = off")
        plans = []
        for statement, parameters in [one for one in sent if "audit_log" in one[0]]:
            explained = await (await db.connection()).exec_driver_sql(f"EXPLAIN {statement}", parameters)
            plans.append("\n".join(line for (line,) in explained))
    assert len(plans) == 2
    for plan, index in zip(plans, ("audit_log_actor_idx", "audit_log_account_id_action_idx"), strict=True):
        # How it looks for the one after each is not told before it does.
        assert index in plan, plan
        assert "WorkTable Scan" in plan, plan
        assert " Sort " not in plan, plan
