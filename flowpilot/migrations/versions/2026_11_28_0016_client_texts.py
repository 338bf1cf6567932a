"""The texts in which sessions named their clients become clients.

Spellings that differ only in case and white space are one client, named as most sessions spell it. Sessions that
have ended come first: the previous release goes on, and has to wait for open ones as briefly as possible.
"""

import unicodedata
from collections import defaultdict
from typing import Any
from uuid import UUID

from alembic import op
from sqlalchemy import Connection

from flowpilot.db.base import new_id
from flowpilot.db.rls import each_account

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXTS = """
SELECT client_name FROM ai_sessions
WHERE account_id = %(account_id)s AND client_id IS NULL AND client_name IS NOT NULL
GROUP BY client_name ORDER BY count(*) DESC, client_name
"""
CLIENT = "INSERT INTO clients (account_id, id, name) VALUES (%(account_id)s, %(id)s, %(name)s)"
NAME = """
INSERT INTO client_names (account_id, id, client_id, name, key)
VALUES (%(account_id)s, %(name_id)s, %(id)s, %(name)s, %(key)s)
"""
SESSIONS = """
UPDATE ai_sessions s SET client_id = spelt.client_id, client_name = spelt.name
FROM unnest(%(texts)s::text[], %(ids)s::uuid[], %(names)s::text[]) AS spelt (text, client_id, name)
WHERE s.account_id = %(account_id)s AND s.client_id IS NULL AND s.client_name = spelt.text AND
"""
ENDED = "s.status IN ('resolved', 'abandoned')"
OPEN = "s.status NOT IN ('resolved', 'abandoned')"

# By spelling: the client and its name.
Clients = dict[str, tuple[UUID, str]]


def upgrade() -> None:
    connection = op.get_bind()
    clients = {account_id: _add_clients(connection, account_id) for account_id in each_account(connection)}
    for which in (ENDED, OPEN):
        for account_id in each_account(connection):
            _give_clients(connection, account_id, clients[account_id], which)


def _add_clients(connection: Connection, account_id: UUID) -> Clients:
    spellings = defaultdict[str, list[str]](list)
    for (text,) in connection.exec_driver_sql(TEXTS, {"account_id": account_id}).fetchall():
        # As clients/naming.py has it.
        spellings[" ".join(unicodedata.normalize("NFC", text.casefold()).split())].append(text)
    spellings.pop("", None)
    rows: list[dict[str, Any]] = [
        {"account_id": account_id, "id": new_id(), "name_id": new_id(), "name": texts[0].strip(), "key": key}
        for key, texts in spellings.items()
    ]
    if rows:
        connection.exec_driver_sql(CLIENT, rows)
        connection.exec_driver_sql(NAME, rows)
    return {text: (row["id"], row["name"]) for row in rows for text in spellings[row["key"]]}


def _give_clients(connection: Connection, account_id: UUID, clients: Clients, which: str) -> None:
    if clients:
        ids, names = zip(*clients.values(), strict=True)
        known = {"account_id": account_id, "texts": list(clients), "ids": list(ids), "names": list(names)}
        connection.exec_driver_sql(SESSIONS + which, known)


def downgrade() -> None:
    raise NotImplementedError("Restore the backup made before the upgrade instead.")
