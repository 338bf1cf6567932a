"""Write sessions again as the imports that remain say, without one that is taken back."""

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from flowpilot.db.bulk import Drafts
from flowpilot.imports.case.merging import merged_case
from flowpilot.imports.clients import Clients
from flowpilot.imports.known.statements import Statements
from flowpilot.imports.models import ItemKind
from flowpilot.imports.runs import add_items, note_rewritten
from flowpilot.imports.writer import People, rewrite_cases

_AT_ONCE = 1_000


def restore(connection: Connection, account_id: UUID, run_id: UUID, listed: str, now: datetime) -> int:
    """Restore the sessions of a temporary table of which other imports say something, and take them from it.

    Returns how many they are. What they name again counts as the newest of those imports'.
    """
    others = SQL(
        "DELETE FROM {listed} WHERE id IN (SELECT session_id FROM import_cases WHERE account_id = %(account)s"
        " AND run_id <> %(run)s AND session_id IN (SELECT id FROM {listed})) RETURNING id"
    )
    named = {"account": account_id, "run": run_id}
    listed_ids = [own_id for (own_id,) in connection.execute(others.format(listed=Identifier(listed)), named)]
    statements = Statements(connection, account_id)
    people, clients = People(connection, account_id), Clients(connection, account_id, now)
    for first in range(0, len(listed_ids), _AT_ONCE):
        some = listed_ids[first : first + _AT_ONCE]
        said = statements.of(some, without=run_id)
        sessions = [(str(session_id), merged_case(said[session_id])) for session_id in some]
        with Drafts(connection, account_id) as drafts:
            rewrite_cases(drafts, sessions, people, clients)
            drafts.begin()
        note_rewritten(connection, account_id, sessions)
    add_items(connection, account_id, run_id, ItemKind.PERSON, people.write_new(connection, now))
    add_items(connection, account_id, run_id, ItemKind.CLIENT, clients.created)
    return len(listed_ids)
