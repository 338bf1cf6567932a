"""A queue of any length is read in its order, as far as the page goes, and so is what nobody owns."""

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, ReadDb
from flowpilot.handoffs.queries import HandoffFilter, handoffs
from flowpilot.identity.actor import Role
from flowpilot.sessions.reading.listing import SessionFilter, sessions
from tests.company import Company

pytestmark = pytest.mark.anyio

_MANY = """
WITH added AS (
    INSERT INTO ai_sessions (account_id, id, user_id, status, created_at)
    SELECT %(account)s, gen_random_uuid(), %(user)s, 'requesting_escalation', now() - n * interval '1 minute'
    FROM generate_series(1, 2000) n RETURNING account_id, id, created_at
)
INSERT INTO session_handoffs (account_id, id, session_id, created_at, priority)
SELECT account_id, gen_random_uuid(), id, created_at, random(1, 4) FROM added
"""


async def _queue(db: ReadDb, company: Company) -> None:
    await handoffs(db, company.id, HandoffFilter(state="queue"), 51, None)


async def _unassigned(db: ReadDb, company: Company) -> None:
    await sessions(db, company.id, SessionFilter(unassigned=True), 51, None)


@pytest.mark.parametrize(
    ("read", "index"), [(_queue, "session_handoffs_queue_idx"), (_unassigned, "ai_sessions_unassigned_idx")]
)
async def test_a_page_is_read_in_the_order_of_its_index(
    company: Company,
    database: Database,
    urls: DatabaseUrls,
    read: Callable[[ReadDb, Company], Awaitable[None]],
    index: str,
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(_MANY, {"account": company.id, "user": company.users[Role.ENGINEER]})
        owner.execute("VACUUM (ANALYZE) session_handoffs, ai_sessions")
    sent: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "LIMIT" in statement:
            sent.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    async with database.read(company.id) as db:
        await read(db, company)
        [(statement, parameters)] = sent
        # Otherwise the costs decide, and they follow from all that other tests have left.
        for other in ("sort", "seqscan", "bitmapscan", "incremental_sort"):
            await (await db.connection()).exec_driver_sql(f"SET LOCAL enable_{other} = off")
        explained = await (await db.connection()).exec_driver_sql(f"EXPLAIN {statement}", parameters)
        plan = "\n".join(line for (line,) in explained)
    event.remove(database.engine.sync_engine, "before_cursor_execute", listen)
    assert index in plan, plan
    assert " Sort " not in plan, plan
