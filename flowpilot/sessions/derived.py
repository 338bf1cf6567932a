"""The counts that a session keeps of its steps, recomputed from the steps themselves."""

from uuid import UUID

import psycopg

from flowpilot.db.bulk import read_each_row_once
from flowpilot.identity.hours.recount import recount
from flowpilot.sessions.days.news import mark, mark_all

_RECONCILE = """
UPDATE ai_sessions s
SET step_count = c.steps, answer_count = c.answers, free_text_count = c.free_texts
FROM (
    SELECT s.id, coalesce(p.steps, 0) AS steps, coalesce(p.answers, 0) AS answers,
           coalesce(p.free_texts, 0) AS free_texts
    FROM ai_sessions s
    LEFT JOIN (
        SELECT session_id, count(*) AS steps,
               count(*) FILTER (WHERE kind = 'answer') AS answers,
               count(*) FILTER (WHERE kind = 'answer' AND is_free_text) AS free_texts
        FROM ai_session_steps
        WHERE account_id = %(account_id)s
        GROUP BY session_id
    ) p ON p.session_id = s.id
    WHERE s.account_id = %(account_id)s
) c
WHERE s.account_id = %(account_id)s AND s.id = c.id
  AND (s.step_count, s.answer_count, s.free_text_count) IS DISTINCT FROM (c.steps, c.answers, c.free_texts)
RETURNING s.created_at
"""


_WORKING_TIMES = {"work_seconds": ("created_at", "resolved_at")}


def reconcile(connection: psycopg.Connection, account_id: UUID) -> int:
    """Correct the counts and the working time of every session of the account; return how many were wrong."""
    read_each_row_once(connection)
    corrected = connection.execute(_RECONCILE, {"account_id": account_id}).fetchall()
    mark(connection, account_id, (created_at for (created_at,) in corrected))
    return len(corrected) + recount_times(connection, account_id)


def recount_times(connection: psycopg.Connection, account_id: UUID) -> int:
    """Correct the working times of every session of the account; return how many were wrong."""
    corrected = recount(connection, account_id, "ai_sessions", _WORKING_TIMES)
    if corrected:
        mark_all(connection, account_id)
    return corrected
