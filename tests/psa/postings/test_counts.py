"""How many postings wait or have failed is counted without reading those that arrived."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.psa.postings.models import State
from flowpilot.psa.postings.queries import counts
from tests.company import Company
from tests.psa.postings.desk import MemoryDesk, open_office

pytestmark = pytest.mark.anyio

ARRIVED = """
INSERT INTO psa_postings (account_id, id, connection_id, ai_session_id, ticket_id, audience, occasion, state)
SELECT %s, gen_random_uuid(), %s, %s, '4711', 'internal', 'resolved', 'confirmed' FROM generate_series(1, 2000)
"""


async def test_a_count_reads_only_what_is_open(company: Company, database: Database, urls: DatabaseUrls) -> None:
    office = await open_office(company, database, MemoryDesk())
    for _ in range(2):
        await office.post()
    sent: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    with psycopg.connect(
        urls.owner, autocommit=True, cursor_factory=psycopg.ClientCursor[tuple[Any, ...]]
    ) as owner:
        owner.execute(ARRIVED, [company.id, office.connection_id, office.session_id])
        owner.execute("ANALYZE psa_postings")
        event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
        async with database.read(company.id) as db:
            assert await counts(db, company.id) == {State.QUEUED: 2}
        event.remove(database.engine.sync_engine, "before_cursor_execute", listen)
        statement, parameters = sent[-1]
        plan = owner.execute(f"EXPLAIN {statement}".encode(), parameters).fetchall()
    assert any("Index Only Scan using psa_postings_open_idx" in line for (line,) in plan)
