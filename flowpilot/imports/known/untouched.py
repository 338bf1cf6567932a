"""Which sessions are still as imports wrote them: those alone may an import change or remove."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import text

from flowpilot.db.session import ReadDb

# What an import writes itself, and which sessions a merge of clients moved.
_OWN = {
    *("ai_session_steps", "session_handoffs", "handoff_events", "client_names", "client_merge_sessions"),
    *("import_items", "import_cases", "session_texts"),
}
# How a row of another table leads to a session: by its own id, or by that of a handoff or a step.
_SESSIONS = {
    "ai_sessions": SQL("SELECT {} FROM {} WHERE account_id = %(account)s"),
    "session_handoffs": SQL(
        "SELECT h.session_id FROM session_handoffs h JOIN"
        " (SELECT account_id, {} AS id FROM {}) r USING (account_id, id) WHERE h.account_id = %(account)s"
    ),
    "ai_session_steps": SQL(
        "SELECT s.session_id FROM ai_session_steps s JOIN"
        " (SELECT account_id, {} AS id FROM {}) r USING (account_id, id) WHERE s.account_id = %(account)s"
    ),
}
_WORKED_ON = (
    SQL(
        "SELECT id FROM ai_sessions WHERE account_id = %(account)s"
        " AND (last_activity_at IS NOT NULL OR session_rating IS NOT NULL)"
    ),
    SQL("SELECT session_id FROM session_handoffs WHERE account_id = %(account)s AND avoidable_reason IS NOT NULL"),
)
# An import notes how many steps and events it wrote.
_GROWN = SQL(
    "SELECT i.id FROM import_items i"
    " LEFT JOIN (SELECT session_id AS id, count(*) AS n FROM ai_session_steps"
    " WHERE account_id = %(account)s AND session_id IN (SELECT id FROM {listed}) GROUP BY 1) s ON s.id = i.id"
    " LEFT JOIN (SELECT h.session_id AS id, count(*) AS n FROM handoff_events e"
    " JOIN session_handoffs h ON h.account_id = e.account_id AND h.id = e.handoff_id"
    " WHERE e.account_id = %(account)s AND h.session_id IN (SELECT id FROM {listed}) GROUP BY 1) e ON e.id = i.id"
    " WHERE i.account_id = %(account)s AND i.id IN (SELECT id FROM {listed})"
    " AND (i.steps <> coalesce(s.n, 0) OR i.events <> coalesce(e.n, 0))"
)
_REFERRING = (
    "SELECT CAST(CAST(c.conrelid AS regclass) AS text), a.attname FROM pg_constraint c JOIN pg_attribute a"
    " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]"
    " WHERE c.contype = 'f' AND c.confrelid = CAST({} AS regclass) ORDER BY 1, 2"
)


def keep_untouched(connection: Connection, account_id: UUID, listed: str, *, lock: bool = True) -> None:
    """Take from a temporary table the ids of sessions with which somebody has worked, and lock the others.

    Without `lock` nobody waits, and what is found may be no longer true: that is for looking alone.
    """
    if lock:
        locking = SQL("SELECT FROM ai_sessions WHERE account_id = %s AND id IN (SELECT id FROM {}) FOR UPDATE")
        connection.execute(locking.format(Identifier(listed)), (account_id,))
    referred = {target: referring(connection, target) for target in _SESSIONS}
    for touched in _touched(referred, listed):
        statement = SQL("DELETE FROM {} WHERE id IN ({})").format(Identifier(listed), touched)
        connection.execute(statement, {"account": account_id})


async def touched_condition(db: ReadDb, listed: str) -> str:
    """The condition in SQL that somebody has worked with a session of the query or table `listed`, as `id`.

    It names the account as `:account`. Nothing is locked: it is for looking alone.
    """
    referred = {}
    for target in _SESSIONS:
        found = await db.execute(text(_REFERRING.format(":target")), {"target": target})
        referred[target] = [(table, column) for table, column in found if table not in _OWN]
    touched = [query.as_string(None).replace("%(account)s", ":account") for query in _touched(referred, listed)]
    return " OR ".join(f"id IN ({query})" for query in touched)


def _touched(referred: Mapping[str, Sequence[tuple[str, str]]], listed: str) -> Iterator[Composed]:
    """Queries of the sessions with which somebody has worked."""
    for target, query in _SESSIONS.items():
        for table, column in referred[target]:
            yield query.format(Identifier(column), Identifier(table))
    for query in (*_WORKED_ON, _GROWN):
        yield query.format(listed=Identifier(listed))


def referring(connection: Connection, target: str) -> list[tuple[str, str]]:
    """Tables that refer to rows of another, except for those that an import writes itself; with the column."""
    return [found for found in connection.execute(_REFERRING.format("%s"), (target,)) if found[0] not in _OWN]
