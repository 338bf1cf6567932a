"""An account for a test: its id, its people and their keys, and rows put straight into its tables."""

import asyncio
import functools
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.identity import members
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import hash_key, hash_password, key_prefix, new_api_key
from flowpilot.identity.locking import lock_access
from tests.cluster.nodes import CLUSTER_URL, for_a_cluster

PASSWORD = "correct horse battery"


def at(text: str) -> datetime:
    """A moment in UTC: `at("2026-06-15 12:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Company:
    """One account, with an API key and its user for each role."""

    urls: DatabaseUrls
    id: uuid.UUID
    keys: dict[Role, str]
    users: dict[Role, uuid.UUID]

    def headers(self, role: Role = Role.OWNER) -> dict[str, str]:
        """The headers of a request with that role's key."""
        return {"Authorization": f"Bearer {self.keys[role]}"}

    def add(self, table: str, **values: Any) -> uuid.UUID:
        """Insert one row as the runtime role and return its id."""
        row = {"account_id": self.id, "id": new_id(), **values}
        row = {key: Jsonb(value) if isinstance(value, dict) else value for key, value in row.items()}
        with account_connection(self.urls, self.id) as connection:
            connection.execute(insertion(table, tuple(row)), row)
        row_id: uuid.UUID = row["id"]
        return row_id

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the runtime role sees in this account."""
        with account_connection(self.urls, self.id) as connection:
            return connection.execute(for_a_cluster(statement).encode(), values).fetchall()

    def add_person(self, email: str, role: Role, password: str | None = PASSWORD) -> uuid.UUID:
        """A member who can sign in. A person known already keeps their password."""
        password_hash = None if password is None else hash_once(password)

        async def work(database: Database) -> uuid.UUID:
            async with database.write(self.id) as db:
                try:
                    return await members.add_new_member(
                        db, self.id, email, role, now(), password_hash=password_hash
                    )
                except members.KnownPersonError:
                    return await members.add_known_member(db, self.id, None, email, role, now())

        return run(self.urls, work)

    def add_newcomer(self, role: Role) -> tuple[uuid.UUID, str]:
        """A new member with that role, and the e-mail with which they can sign in."""
        user_id, email = new_id(), fresh_email()
        adding = _Adding(self.id, now())
        adding.person(role, user_id, email)
        adding.write(self.urls)
        return user_id, email

    def add_imported(self, name: str) -> uuid.UUID:
        """An engineer whom only an import knows: a name in a log."""
        user_id = new_id()
        with account_connection(self.urls, self.id) as connection:
            connection.execute("INSERT INTO users (id, name) VALUES (%s, %s)", [user_id, name])
            member = "INSERT INTO memberships (account_id, user_id, external_name, role) VALUES (%s, %s, %s, %s)"
            connection.execute(member, [self.id, user_id, name, Role.ENGINEER])
        return user_id

    def let_sign_in(self, *user_ids: uuid.UUID) -> None:
        """Give these users of API keys a password that nobody knows, so that they count as people."""
        with account_connection(self.urls, self.id) as connection:
            for user_id in user_ids:
                connection.execute("SELECT set_config('app.login_user_id', %s, true)", [str(user_id)])
                connection.execute("UPDATE users SET password_hash = 'unknown' WHERE id = %s", [user_id])


@functools.cache
def hash_once(password: str) -> str:
    """The hash of a password, which is slow on purpose, computed once for all tests."""
    return hash_password(password)


def found_company(urls: DatabaseUrls, timezone: str = "UTC") -> Company:
    """Make an account with a key for each role: the rows that the product would write, in one round trip.

    Nearly every test begins with one; `identity/test_company.py` compares the rows with the product's.
    """
    account_id, moment = new_id(), now()
    users, keys = {role: new_id() for role in Role}, {}
    adding = _Adding(account_id, moment)
    adding.account(timezone)
    for role, user_id in users.items():
        keys[role] = adding.key(role, user_id)
    adding.write(urls)
    return Company(urls, account_id, keys, users)


@dataclass(frozen=True)
class _Adding:
    """Rows of a new account, by their tables and columns, written in one transaction."""

    account_id: uuid.UUID
    moment: datetime
    rows: dict[tuple[str, ...], list[Any]] = field(default_factory=dict)

    def write(self, urls: DatabaseUrls) -> None:
        with account_connection(urls, self.account_id) as connection, connection.pipeline():
            for (table, *columns), values in self.rows.items():
                count = len(values) // len(columns)
                connection.execute(_insertion_of_many(table, tuple(columns), count), values)

    def account(self, timezone: str) -> None:
        name = f"Company {self.account_id}"
        self._insert("accounts", id=self.account_id, name=name, timezone=timezone, created_at=self.moment)
        self._audit("account.created", "account", self.account_id, {"name": name, "timezone": timezone})

    def key(self, role: Role, user_id: uuid.UUID) -> str:
        key_id = new_id()
        secret = new_api_key(self.account_id, key_id)
        self._insert("users", id=user_id, name=role, created_at=self.moment)
        of_account = self._join(role, user_id)
        prefix = key_prefix(secret)
        self._insert("api_keys", id=key_id, name=role, key_hash=hash_key(secret), prefix=prefix, **of_account)
        self._audit("key.created", "api_key", key_id, {"prefix": prefix, "role": role, "user_id": str(user_id)})
        return secret

    def person(self, role: Role, user_id: uuid.UUID, email: str) -> None:
        password = {"password_hash": hash_once(PASSWORD), "password_given_by_operator": True}
        self._insert("users", id=user_id, name="", email=email, created_at=self.moment, **password)
        self._join(role, user_id)

    def _join(self, role: Role, user_id: uuid.UUID) -> dict[str, Any]:
        of_account = {"account_id": self.account_id, "user_id": user_id, "role": role, "created_at": self.moment}
        self._insert("memberships", **of_account)
        self._audit("member.added", "user", user_id, {"role": role})
        return of_account

    def _audit(self, action: str, kind: str, target_id: uuid.UUID, after: dict[str, Any]) -> None:
        whose = {"account_id": self.account_id, "id": new_id(), "at": self.moment}
        values = {"before": Jsonb(None), "after": Jsonb(after)}
        self._insert("audit_log", action=action, target_type=kind, target_id=target_id, **values, **whose)

    def _insert(self, table: str, **row: Any) -> None:
        self.rows.setdefault((table, *row), []).extend(row.values())


@functools.cache
def _insertion_of_many(table: str, columns: tuple[str, ...], count: int) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"


@functools.cache
def insertion(table: str, columns: tuple[str, ...]) -> str:
    """An INSERT of one row, with a parameter for each column."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(f'%({name})s' for name in columns)})"


@contextmanager
def account_connection(urls: DatabaseUrls, account_id: uuid.UUID) -> Iterator[psycopg.Connection]:
    """A transaction of the runtime role in an account, over a connection that this worker keeps."""
    connection = _kept(urls.runtime)
    with connection.transaction():
        # As the product says it: a cluster does not pass on what set_config() says.
        connection.execute(f"SET LOCAL app.account_id = '{uuid.UUID(str(account_id))}'".encode())
        yield connection


@contextmanager
def owner_transaction(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    """A transaction of the owner, over a connection that this worker keeps."""
    connection = _kept(urls.owner)
    with connection.transaction():
        yield connection


_KEPT: dict[str, psycopg.Connection] = {}
# What a test asks for itself may leave the account to row security, also on a cluster; the product may not.
_OPTIONS = "-c timezone=UTC" + (" -c citus.enable_repartition_joins=on" if CLUSTER_URL else "")


def _kept(url: str) -> psycopg.Connection:
    if url not in _KEPT or _KEPT[url].closed:
        _KEPT[url] = psycopg.connect(url, autocommit=True, options=_OPTIONS)
    return _KEPT[url]


async def add_colleague(db: Db, account_id: uuid.UUID, name: str, role: Role = Role.ENGINEER) -> uuid.UUID:
    """A member who counts as able to sign in, with a password that nobody knows."""
    user_id = await members.add_user(db, name, now(), password_hash="unknown")
    await members.join(db, await lock_access(db, account_id, None), user_id, role, now(), by=None)
    return user_id


T = TypeVar("T")


def run(urls: DatabaseUrls, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run async work over a connection that this worker keeps for it."""
    if urls.runtime not in _RUNNING:
        _RUNNING[urls.runtime] = asyncio.Runner(), Database(urls.runtime, pool_size=1)
    runner, database = _RUNNING[urls.runtime]
    return runner.run(work(database))


_RUNNING: dict[str, tuple[asyncio.Runner, Database]] = {}


def close_kept() -> None:
    """Close what this worker has kept."""
    for runner, database in _RUNNING.values():
        runner.run(database.close())
        runner.close()
    for connection in _KEPT.values():
        connection.close()
    _RUNNING.clear()
    _KEPT.clear()


def fresh_email() -> str:
    """An e-mail address that nobody has yet."""
    return f"{new_id()}@people.example"
