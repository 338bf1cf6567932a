"""An account for a test: its id, its people and their keys, and rows put straight into its tables."""

import asyncio
import functools
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import sql
from psycopg.types.json import Jsonb

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database, Db
from flowpilot.identity import members
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import hash_password
from flowpilot.identity.keys import create_key
from flowpilot.identity.locking import lock_access

PASSWORD = "correct horse battery"


def at(text: str) -> datetime:
    """A moment in UTC: `at("2026-06-15 12:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Company:
    """One account, with an API key and its user a role."""

    urls: DatabaseUrls
    id: uuid.UUID
    keys: dict[Role, str]
    users: dict[Role, uuid.UUID]

    def headers(self, role: Role = Role.OWNER) -> dict[str, str]:
        """The headers of a request by the key of that role."""
        return {"Authorization": f"Bearer {self.keys[role]}"}

    def add(self, table: str, **values: Any) -> uuid.UUID:
        """Insert one row as the runtime role and return its id."""
        row = {"account_id": self.id, "id": new_id(), **values}
        with account_transaction(self.urls.runtime, self.id) as connection:
            connection.execute(
                sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                ),
                {key: Jsonb(value) if isinstance(value, dict) else value for key, value in row.items()},
            )
        row_id: uuid.UUID = row["id"]
        return row_id

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the runtime role sees in this account."""
        with account_transaction(self.urls.runtime, self.id) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def add_person(self, email: str, role: Role, password: str | None = PASSWORD) -> uuid.UUID:
        """A member who can sign in; one who is known already keeps their password."""
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

    def add_imported(self, name: str) -> uuid.UUID:
        """An engineer whom only an import knows: a name in a log."""
        user_id = new_id()
        with account_transaction(self.urls.runtime, self.id) as connection:
            connection.execute("INSERT INTO users (id, name) VALUES (%s, %s)", [user_id, name])
            member = "INSERT INTO memberships (account_id, user_id, external_name, role) VALUES (%s, %s, %s, %s)"
            connection.execute(member, [self.id, user_id, name, Role.ENGINEER])
        return user_id

    def let_sign_in(self, *user_ids: uuid.UUID) -> None:
        """Give these users, who act by API key, a password that nobody knows, so that they count as people."""
        with account_transaction(self.urls.runtime, self.id) as connection:
            for user_id in user_ids:
                connection.execute("SELECT set_config('app.login_user_id', %s, true)", [str(user_id)])
                connection.execute("UPDATE users SET password_hash = 'unknown' WHERE id = %s", [user_id])


@functools.cache
def hash_once(password: str) -> str:
    """The hash of a password, which takes long on purpose, computed once for all tests."""
    return hash_password(password)


def found_company(urls: DatabaseUrls, timezone: str = "UTC") -> Company:
    """Make an account with a key a role."""
    account_id = new_id()

    async def work(database: Database) -> tuple[dict[Role, str], dict[Role, uuid.UUID]]:
        keys, users = {}, {}
        async with database.write(account_id) as db:
            await members.create_account(db, account_id, f"Company {account_id}", timezone, now())
            for role in Role:
                key, keys[role] = await create_key(db, account_id, None, role, now=now(), name=role)
                users[role] = key.user_id
        return keys, users

    keys, users = run(urls, work)
    return Company(urls, account_id, keys, users)


async def add_colleague(db: Db, account_id: uuid.UUID, name: str, role: Role = Role.ENGINEER) -> uuid.UUID:
    """A member who counts as somebody who can sign in, with a password that nobody knows."""
    user_id = await members.add_user(db, name, now(), password_hash="unknown")
    await members.join(db, await lock_access(db, account_id, None), user_id, role, now(), by=None)
    return user_id


T = TypeVar("T")


def run(urls: DatabaseUrls, work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run async work over connections of its own."""

    async def session() -> T:
        database = Database(urls.runtime, pool_size=1)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(session())


def fresh_email() -> str:
    """An e-mail nobody has yet."""
    return f"{new_id()}@people.example"
