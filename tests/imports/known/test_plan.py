"""The tickets of a file are looked up in an index, under row security too: an account may have a million."""

import psycopg
import pytest

from flowpilot.db.bulk import account_transaction
from flowpilot.imports.known.tickets import ALIKE
from flowpilot.sessions.reading.tickets import ticket_key
from tests.company import Company

_MANY = """
INSERT INTO ai_sessions (account_id, id, status, problem_summary, psa_ticket_id, created_at)
SELECT %s, gen_random_uuid(), 'resolved', 'The laptop', '#INC' || n, now() - n * interval '1 hour'
FROM generate_series(1, 5000) n
"""
_STAGED = "CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT 'inc' || n AS case_id FROM generate_series(1, 9) n"
_ELSEWHERE = "CREATE TEMP TABLE elsewhere (id uuid) ON COMMIT DROP"


@pytest.mark.one_server
def test_the_tickets_of_a_file_are_found_in_an_index(company: Company) -> None:
    with psycopg.connect(company.urls.owner, autocommit=True) as owner:
        owner.execute(_MANY, [company.id])
        owner.execute("VACUUM (ANALYZE) ai_sessions")
    with account_transaction(company.urls.runtime, company.id) as connection:
        for table in (_STAGED, _ELSEWHERE, "ANALYZE staged"):
            connection.execute(table.encode())
        named = {"account": company.id}
        assert len(connection.execute(ALIKE.encode(), named).fetchall()) == 9
        plan = [line for (line,) in connection.execute(f"EXPLAIN {ALIKE}".encode(), named)]
    assert any("ai_sessions_ticket_key_idx" in line for line in plan), "\n".join(plan)


@pytest.mark.parametrize("number", [" #INC4711", "inc4711", "##Inc4711 "])
def test_what_the_database_computes_is_what_is_looked_for(company: Company, number: str) -> None:
    session_id = company.add("ai_sessions", psa_ticket_id=number)
    [[key]] = company.query(f"SELECT {ticket_key('%s')} FROM ai_sessions WHERE id = %s", number, session_id)
    assert company.query("SELECT ticket_key FROM ai_sessions WHERE id = %s", session_id) == [(key,)]
    assert key == "inc4711"
