"""The counts that a session keeps of its steps, recomputed from the steps themselves."""

import psycopg

_RECONCILE = """
UPDATE ai_sessions s
SET step_count = c.steps, answer_count = c.answers, free_text_count = c.free_texts
FROM (
    SELECT s.account_id, s.id,
           count(p.id) AS steps,
           count(*) FILTER (WHERE p.kind = 'answer') AS answers,
           count(*) FILTER (WHERE p.kind = 'answer' AND p.is_free_text) AS free_texts
    FROM ai_sessions s
    LEFT JOIN ai_session_steps p ON p.account_id = s.account_id AND p.session_id = s.id
    WHERE s.account_id = %(account_id)s
    GROUP BY s.account_id, s.id
) c
WHERE s.account_id = c.account_id AND s.id = c.id
  AND (s.step_count, s.answer_count, s.free_text_count) IS DISTINCT FROM (c.steps, c.answers, c.free_texts)
"""


def reconcile(connection: psycopg.Connection, account_id: object) -> int:
    """Correct every session of the account the transaction states; return how many were wrong."""
    # Right after a bulk load the planner takes an account for a handful of rows, and would look through all of its
    # sessions again for each of them.
    connection.execute("SET LOCAL enable_nestloop = off")
    return connection.execute(_RECONCILE, {"account_id": account_id}).rowcount
