"""The clients that a log names."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from psycopg import Connection

from flowpilot.clients.naming import key_of
from flowpilot.db.base import new_id
from flowpilot.db.bulk import copy_rows

_CLIENT = ("account_id", "id", "name", "created_at")
_NAME = ("account_id", "id", "client_id", "name", "key")

# A session's client: its id, and what it is called.
Named = tuple[UUID | None, str | None]


class Clients:
    """The client of each name in a log: one of the account's that is called so, or a new one.

    `wait` is called before the connection is used.
    """

    def __init__(
        self, connection: Connection, account_id: UUID, now: datetime, wait: Callable[[], None] = lambda: None
    ) -> None:
        self._connection, self._account_id, self._now, self._wait = connection, account_id, now, wait
        self._known: dict[str, Named] | None = None
        self.created: list[UUID] = []

    def find(self, names: Iterable[str | None]) -> dict[str | None, Named]:
        """The client of each of these names; new ones are written."""
        keys = {name: key_of(name) for name in names if name is not None}
        if not any(keys.values()):
            return {None: (None, None), **dict.fromkeys(keys, (None, None))}
        known = self._read() if self._known is None else self._known
        new: dict[str, Named] = {}
        for name, key in keys.items():
            if key and key not in known:
                new.setdefault(key, (new_id(), name.strip()))
        self._write(new)
        known |= new
        return {None: (None, None), **{name: known.get(key, (None, None)) for name, key in keys.items()}}

    def _read(self) -> dict[str, Named]:
        """Until the import ends, nobody else changes what clients are called."""
        self._wait()
        turn = f"clients {self._account_id}"  # As in clients/finding.py.
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (turn,))
        query = (
            "SELECT n.key, c.id, c.name FROM client_names n"
            " JOIN clients c ON c.account_id = n.account_id AND c.id = n.client_id WHERE n.account_id = %s"
        )
        rows = self._connection.execute(query, (self._account_id,)).fetchall()
        self._known = {key: (client_id, name) for key, client_id, name in rows}
        return self._known

    def _write(self, new: dict[str, Named]) -> None:
        if not new:
            return
        self._wait()
        clients = ((self._account_id, client_id, name, self._now) for client_id, name in new.values())
        copy_rows(self._connection, "clients", _CLIENT, clients)
        names = ((self._account_id, new_id(), client_id, name, key) for key, (client_id, name) in new.items())
        copy_rows(self._connection, "client_names", _NAME, names)
        self.created += [client_id for client_id, _ in new.values() if client_id is not None]
