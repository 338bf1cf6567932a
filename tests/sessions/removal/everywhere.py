"""Where in the database a word stands: every text, JSON, array and bytes column of every table."""

import psycopg
from psycopg import sql

from flowpilot.db.connect import DatabaseUrls

# Where the word gets in the story, before it is removed.
REACHED = {
    "attachments.name",
    "notifications.content",
    "ai_sessions.problem_body",
    "ai_session_steps.content",
    "ai_session_status_changes.reason",
    "ai_session_suggestions.content",
    "suggestion_outcomes.action",
    "suggestion_outcomes.note",
    "ai_sessions.problem_summary",
    "ai_tasks.changes",
    "audit_log.after",
    "flow_proposal_sessions.done_words",
    "flow_proposals.content",
    "handoff_events.content",
    "handoff_questions.answer",
    "handoff_questions.question",
    "idempotency_keys.answer",
    "psa_posting_steps.reason",
    "psa_postings.text",
    "psa_postings.text_made",
    "session_handoffs.assessment",
    "session_handoffs.note",
    "session_handoffs.reason",
    "session_handoffs.snapshot",
    "tree_versions.structure",
    "trees.name",
}

_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type
FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
  AND (c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY', 'tsvector', 'USER-DEFINED'))
ORDER BY 1, 2
"""


def places_of(urls: DatabaseUrls, word: str) -> set[str]:
    """The columns that have the word, in any account. The owner is a superuser here, so nothing is hidden."""
    with psycopg.connect(urls.owner) as connection:
        columns = connection.execute(_COLUMNS).fetchall()
        return {f"{table}.{name}" for table, name, kind in columns if _has(connection, table, name, kind, word)}


def _has(connection: psycopg.Connection, table: str, column: str, kind: str, word: str) -> bool:
    like, bytes_ = "{column}::text ILIKE '%%' || %s || '%%'", "position(convert_to(%s, 'UTF8') IN {column}) > 0"
    condition = sql.SQL(bytes_ if kind == "bytea" else like).format(column=sql.Identifier(column))
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {table} WHERE {condition})")
    row = connection.execute(query.format(table=sql.Identifier(table), condition=condition), [word]).fetchone()
    return row == (True,)
