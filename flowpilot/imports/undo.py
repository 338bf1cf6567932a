"""Take an import back: exactly what it brought and what it added, also when others followed."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from flowpilot.db.bulk import account_transaction
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.handoffs.days.news import mark_sessions
from flowpilot.imports.known.restoring import restore
from flowpilot.imports.known.untouched import keep_untouched, referring
from flowpilot.imports.models import ItemKind
from flowpilot.imports.runs import audit, take_turn
from flowpilot.sessions.days.news import mark

# Whom what an import wrote names.
_NAMED = SQL(
    "CREATE TEMP TABLE leaving ON COMMIT DROP AS SELECT id FROM import_items"
    " WHERE account_id = %(account)s AND kind = 'person' AND (run_id = %(run)s OR id IN ("
    "SELECT user_id FROM ai_sessions WHERE account_id = %(account)s AND id IN (SELECT id FROM gone)"
    " UNION SELECT actor_id FROM ai_session_steps"
    " WHERE account_id = %(account)s AND session_id IN (SELECT id FROM gone)"
    " UNION SELECT unnest(ARRAY[created_by, claimed_by, first_action_by]) FROM session_handoffs"
    " WHERE account_id = %(account)s AND session_id IN (SELECT id FROM gone)))"
)
# Columns with a person's id that are no foreign keys.
_PERSON = ["owner_id", "actor_id"]


class UndoImpossibleError(ConflictError):
    """The import is from before FlowPilot recorded what an import brings."""

    def __init__(self) -> None:
        super().__init__(
            "This import is from before FlowPilot recorded what an import brings, so it cannot be undone."
        )


@dataclass(frozen=True, slots=True)
class Undone:
    """How much went, and how many sessions stay because somebody has worked with them since.

    `sessions_restored` are as the other imports say.
    """

    sessions: int
    people: int
    clients: int
    sessions_kept: int
    sessions_restored: int = 0


def undo_import(owner_url: str, account_id: UUID, run_id: UUID, *, now: datetime) -> Undone:
    """Remove the sessions, people and clients that an import brought, as the owner of the tables.

    Sessions of which other imports say something too are then as if only those had been imported. Sessions with
    which somebody has worked since stay as they are. So do people and clients that something else names, people
    to whom somebody has given another role, and those whom only other imports brought and named. Who works with
    one of the sessions meanwhile waits, and is then told that it is gone.
    Afterwards the same file can be imported again.

    Raises:
        NotFoundError: there is no such account, or no such import.
        UndoImpossibleError: the import is from before FlowPilot recorded what an import brings.
    """
    with account_transaction(owner_url, account_id) as connection:
        take_turn(connection, account_id)
        _require(connection, account_id, run_id)
        kept = _choose(connection, account_id, run_id)
        # Before the sessions go that name them.
        connection.execute(_NAMED, {"account": account_id, "run": run_id})
        restored = restore(connection, account_id, run_id, "gone", now)
        sessions = _remove_sessions(connection, account_id, run_id)
        people = _remove_people(connection, account_id)
        clients = _remove_clients(connection, account_id)
        undone = Undone(sessions, people, clients, kept, restored)
        _forget(connection, account_id, run_id)
        audit(connection, account_id, run_id, "import.undone", json.dumps(asdict(undone)), now)
        return undone


def _require(connection: Connection, account_id: UUID, run_id: UUID) -> None:
    query = (
        "SELECT counts, EXISTS (SELECT FROM import_items i WHERE i.account_id = r.account_id"
        " AND i.run_id = r.id) FROM import_runs r WHERE account_id = %s AND id = %s"
    )
    found = connection.execute(query, (account_id, run_id)).fetchone()
    if found is None:
        raise NotFoundError(f"There is no import {run_id}: `flowpilot import list` has their ids.")
    counts, has_items = found
    if counts.get("sessions") and not has_items:
        raise UndoImpossibleError


def _choose(connection: Connection, account_id: UUID, run_id: UUID) -> int:
    """Put the sessions that may change into the temporary table `gone`, and return how many others stay."""
    of_run = (
        "CREATE TEMP TABLE gone ON COMMIT DROP AS"
        " SELECT session_id AS id FROM import_cases WHERE account_id = %(account)s AND run_id = %(run)s"
        " UNION SELECT id FROM import_items WHERE account_id = %(account)s AND run_id = %(run)s"
        " AND kind = 'session'"
    )
    before = connection.execute(of_run, {"account": account_id, "run": run_id}).rowcount
    keep_untouched(connection, account_id, "gone")
    after = connection.execute("SELECT count(*) FROM gone").fetchone()
    assert after is not None
    return before - int(after[0])


def _remove_sessions(connection: Connection, account_id: UUID, run_id: UUID) -> int:
    """Remove what is still in `gone`: sessions of which no other import says anything."""
    cases = "DELETE FROM import_cases WHERE account_id = %s AND run_id = %s"
    connection.execute(cases, (account_id, run_id))
    gone = connection.execute("SELECT id FROM gone").fetchall()
    mark_sessions(connection, account_id, (own_id for (own_id,) in gone))
    cleared = "SELECT clear_imported_sessions(%s, (SELECT array_agg(id) FROM gone))"
    connection.execute(cleared, (account_id,))
    texts = "DELETE FROM session_texts WHERE account_id = %s AND id IN (SELECT id FROM gone)"
    connection.execute(texts, (account_id,))
    merges = "DELETE FROM client_merge_sessions WHERE account_id = %s AND session_id IN (SELECT id FROM gone)"
    connection.execute(merges, (account_id,))
    statement = (
        "DELETE FROM ai_sessions WHERE account_id = %s AND id IN (SELECT id FROM gone) RETURNING created_at"
    )
    removed = connection.execute(statement, (account_id,)).fetchall()
    mark(connection, account_id, (created_at for (created_at,) in removed))
    return len(removed)


def _remove_people(connection: Connection, account_id: UUID) -> int:
    """Take the people of `leaving` out whom nothing names any more, and who are as an import made them."""
    _keep_named(connection, account_id, "leaving", _naming_people(connection))
    with_access = "DELETE FROM leaving WHERE id IN (SELECT id FROM users WHERE email IS NOT NULL)"
    connection.execute(with_access)
    with_a_role = (
        "DELETE FROM leaving WHERE id IN"
        " (SELECT user_id FROM memberships WHERE account_id = %s AND role <> 'engineer')"
    )
    connection.execute(with_a_role, (account_id,))
    memberships = "DELETE FROM memberships WHERE account_id = %s AND user_id IN (SELECT id FROM leaving)"
    n_people = connection.execute(memberships, (account_id,)).rowcount
    for (user_id,) in connection.execute("SELECT id FROM leaving").fetchall():
        connection.execute("SELECT set_config('app.login_user_id', %s, true)", (str(user_id),))
        connection.execute("DELETE FROM users WHERE id = %s", (user_id,))
    return n_people


def _remove_clients(connection: Connection, account_id: UUID) -> int:
    """Remove the clients that imports brought and nothing names any more, with what they are called."""
    _list(connection, account_id, ItemKind.CLIENT, "closing")
    _keep_named(connection, account_id, "closing", referring(connection, "clients"))
    names = "DELETE FROM client_names WHERE account_id = %s AND client_id IN (SELECT id FROM closing)"
    connection.execute(names, (account_id,))
    clients = "DELETE FROM clients WHERE account_id = %s AND id IN (SELECT id FROM closing)"
    return connection.execute(clients, (account_id,)).rowcount


def _forget(connection: Connection, account_id: UUID, run_id: UUID) -> None:
    """Remove the run. What it brought and others name now counts as the newest other import's."""
    gone = "DELETE FROM import_items WHERE account_id = %s AND id IN (SELECT id FROM {})"
    for listed in ("gone", "leaving", "closing"):
        connection.execute(SQL(gone).format(Identifier(listed)), (account_id,))
    other = (
        "UPDATE import_items SET run_id = o.id FROM (SELECT id FROM import_runs WHERE account_id = %(account)s"
        " AND id <> %(run)s AND rules IS NOT NULL ORDER BY created_at DESC, id DESC LIMIT 1) o"
        " WHERE account_id = %(account)s AND run_id = %(run)s AND (kind <> 'session' OR EXISTS"
        " (SELECT FROM import_cases c WHERE c.account_id = %(account)s AND c.session_id = import_items.id))"
    )
    connection.execute(other, {"account": account_id, "run": run_id})
    # Those that stay do not count as imported any more.
    kept = "SELECT id FROM import_items WHERE account_id = %s AND run_id = %s AND kind = 'session'"
    found = connection.execute(kept, (account_id, run_id)).fetchall()
    mark_sessions(connection, account_id, (own_id for (own_id,) in found))
    for statement in (
        "DELETE FROM import_items WHERE account_id = %s AND run_id = %s",
        "DELETE FROM import_runs WHERE account_id = %s AND id = %s",
    ):
        connection.execute(statement.encode(), (account_id, run_id))


def _list(connection: Connection, account_id: UUID, kind: ItemKind, into: str) -> None:
    """Put the ids of what imports brought into a temporary table."""
    statement = SQL(
        "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT id FROM import_items WHERE account_id = %s AND kind = %s"
    )
    connection.execute(statement.format(Identifier(into)), (account_id, kind))


def _keep_named(connection: Connection, account_id: UUID, listed: str, columns: list[tuple[str, str]]) -> None:
    """Take from a temporary table the ids that one of these columns of the account's rows names.

    Each column is read once, so this takes time with the account, as the removal itself does, and no memory: a job
    undoes, and nobody waits for it.
    """
    for table, column in columns:
        statement = SQL("DELETE FROM {} WHERE id IN (SELECT {} FROM {} WHERE account_id = %s)")
        names = (Identifier(listed), Identifier(column), Identifier(table))
        connection.execute(statement.format(*names), (account_id,))


def _naming_people(connection: Connection) -> list[tuple[str, str]]:
    """Columns of an account's tables that name a person, except for memberships themselves."""
    query = (
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN information_schema.columns account USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND account.column_name = 'account_id' AND c.data_type = 'uuid'"
        " AND (c.column_name LIKE '%%\\_by' OR c.column_name LIKE '%%user\\_id' OR c.column_name = ANY(%s))"
        " AND c.table_name <> 'memberships' ORDER BY 1, 2"
    )
    return connection.execute(query, (_PERSON,)).fetchall()
