"""Which sessions are still as imports wrote them: those alone may an import change or remove."""

from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier

# What an import writes itself, and which sessions a merge of clients moved.
_OWN = {
    *("ai_session_steps", "session_handoffs", "handoff_events", "client_names", "client_merge_sessions"),
    *("import_items", "import_cases", "session_texts"),
}
# How a row of another table leads to a session: by its own id, or by that of a handoff or a step.
_SESSIONS = {
    "ai_sessions": SQL("DELETE FROM {} WHERE id IN (SELECT {} FROM {} WHERE account_id = %s)"),
    "session_handoffs": SQL(
        "DELETE FROM {} WHERE id IN (SELECT h.session_id FROM session_handoffs h JOIN"
        " (SELECT account_id, {} AS id FROM {}) r USING (account_id, id) WHERE h.account_id = %s)"
    ),
    "ai_session_steps": SQL(
        "DELETE FROM {} WHERE id IN (SELECT s.session_id FROM ai_session_steps s JOIN"
        " (SELECT account_id, {} AS id FROM {}) r USING (account_id, id) WHERE s.account_id = %s)"
    ),
}
_WORKED_ON = SQL(
    "DELETE FROM {listed} WHERE id IN (SELECT id FROM ai_sessions WHERE account_id = %(account)s"
    " AND (last_activity_at IS NOT NULL OR session_rating IS NOT NULL))"
    " OR id IN (SELECT session_id FROM session_handoffs"
    " WHERE account_id = %(account)s AND avoidable_reason IS NOT NULL)"
)
# An import notes how many steps and events it wrote.
_GROWN = SQL(
    "DELETE FROM {listed} WHERE id IN (SELECT i.id FROM import_items i"
    " LEFT JOIN (SELECT session_id AS id, count(*) AS n FROM ai_session_steps"
    " WHERE account_id = %(account)s AND session_id IN (SELECT id FROM {listed}) GROUP BY 1) s ON s.id = i.id"
    " LEFT JOIN (SELECT h.session_id AS id, count(*) AS n FROM handoff_events e"
    " JOIN session_handoffs h ON h.account_id = e.account_id AND h.id = e.handoff_id"
    " WHERE e.account_id = %(account)s AND h.session_id IN (SELECT id FROM {listed}) GROUP BY 1) e ON e.id = i.id"
    " WHERE i.account_id = %(account)s AND i.id IN (SELECT id FROM {listed})"
    " AND (i.steps <> coalesce(s.n, 0) OR i.events <> coalesce(e.n, 0)))"
)


def keep_untouched(connection: Connection, account_id: UUID, listed: str, *, lock: bool = True) -> None:
    """Take from a temporary table the ids of sessions with which somebody has worked, and lock the others.

    Without `lock` nobody waits, and what is found may be no longer true: that is for looking alone.
    """
    if lock:
        locking = SQL("SELECT FROM ai_sessions WHERE account_id = %s AND id IN (SELECT id FROM {}) FOR UPDATE")
        connection.execute(locking.format(Identifier(listed)), (account_id,))
    for target, statement in _SESSIONS.items():
        for table, column in referring(connection, target):
            names = (Identifier(listed), Identifier(column), Identifier(table))
            connection.execute(statement.format(*names), (account_id,))
    for statement in (_WORKED_ON, _GROWN):
        connection.execute(statement.format(listed=Identifier(listed)), {"account": account_id})


def referring(connection: Connection, target: str) -> list[tuple[str, str]]:
    """Tables that refer to rows of another, except for those that an import writes itself; with the column."""
    query = (
        "SELECT c.conrelid::regclass::text, a.attname FROM pg_constraint c JOIN pg_attribute a"
        " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]"
        " WHERE c.contype = 'f' AND c.confrelid = %s::regclass ORDER BY 1, 2"
    )
    return [found for found in connection.execute(query, (target,)) if found[0] not in _OWN]
