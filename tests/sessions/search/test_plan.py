"""A search reads the index of the words, and no text that does not have them."""

from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.sessions.reading.listing import SessionFilter, sessions
from tests.company import Company

pytestmark = pytest.mark.anyio

# None of them has the word that is looked for.
_MANY = """
WITH added AS (
    INSERT INTO ai_sessions (account_id, id, user_id, status, problem_summary, created_at)
    SELECT %(account)s, gen_random_uuid(), %(user)s, 'resolved', 'The laptop', now() - n * interval '1 hour'
    FROM generate_series(1, 3000) n RETURNING account_id, id
)
INSERT INTO session_texts (account_id, id, words) SELECT account_id, id, 'the laptop' FROM added
"""


@pytest.mark.parametrize("question", ["amber", "amb laptop"])
async def test_a_search_for_a_rare_word_reads_only_texts_with_it(
    company: Company, database: Database, urls: DatabaseUrls, question: str
) -> None:
    own_id = company.add("ai_sessions", problem_summary="The amber laptop")
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(_MANY, {"account": company.id, "user": company.users[Role.ENGINEER]})
        owner.execute(
            "INSERT INTO session_texts (account_id, id, words) VALUES (%s, %s, 'the amber laptop')",
            [company.id, own_id],
        )
        owner.execute("VACUUM (ANALYZE) session_texts, ai_sessions")
    sent: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        sent.append((statement, parameters))

    event.listen(database.engine.sync_engine, "before_cursor_execute", listen)
    async with database.read(company.id) as db:
        listed = await sessions(db, company.id, SessionFilter(text=question), 51, None)
        statement, parameters = sent[-1]
        explained = await (await db.connection()).exec_driver_sql(f"EXPLAIN {statement}", parameters)
        plan = [line for (line,) in explained]
    event.remove(database.engine.sync_engine, "before_cursor_execute", listen)
    assert [session.id for session, *_ in listed.rows] == [own_id]
    assert any("session_texts_words_idx" in line for line in plan), "\n".join(plan)
    assert not any("Seq Scan on session_texts" in line for line in plan), "\n".join(plan)


async def test_a_question_is_planned_as_if_little_was_cached(company: Company, database: Database) -> None:
    async def planned_with(text: str | None) -> tuple[Any, ...]:
        async with database.read(company.id) as db:
            await sessions(db, company.id, SessionFilter(text=text), 51, None)
            connection = await db.connection()
            names = ("effective_cache_size", "max_parallel_workers_per_gather")
            return tuple([(await connection.exec_driver_sql(f"SHOW {name}")).scalar_one() for name in names])

    usual = await planned_with(None)
    assert await planned_with("amber") == ("8MB", "0")
    # The same connection afterwards.
    assert await planned_with(None) == usual != ("8MB", "0")
