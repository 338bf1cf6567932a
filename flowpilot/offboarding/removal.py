"""Remove an account for good: closed first, so that nobody reaches what is half removed, then table by table.

What is left of a removal that was interrupted is removed by the next one.
"""

import shutil
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.errors import ForeignKeyViolation
from psycopg.sql import SQL, Identifier
from sqlalchemy import Table

from flowpilot.db.announce import CHANNEL, Announcement, Topic
from flowpilot.db.bulk import account_transaction
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.offboarding.contents import PEOPLE, rows_of, tenant_tables
from flowpilot.offboarding.progress import Counter, OnProgress

# After so many rows, what refers to a table would be searched for among those that were just removed.
_MANY_ROWS = 5_000


def close_account(owner_url: str, account_id: UUID, now: datetime) -> bool:
    """Refuse everybody in the account from now on, and end its live streams.

    Returns: whether its removal had begun before.

    Raises:
        NotFoundError: there is no such account.
    """
    with account_transaction(owner_url, account_id) as connection:
        closed = connection.execute(
            "UPDATE accounts SET closed_at = coalesce(closed_at, %s) WHERE id = %s"
            " RETURNING removal_began_at IS NOT NULL",
            (now, account_id),
        ).fetchone()
        if closed is None:
            raise NotFoundError(f"There is no account {account_id}.")
        _announce(connection, account_id, "access", "removals")
        return bool(closed[0])


def reopen_account(owner_url: str, account_id: UUID) -> None:
    """Let the members of a closed account in again.

    Raises:
        NotFoundError: there is no such account.
        ConflictError: its removal has begun.
    """
    with account_transaction(owner_url, account_id) as connection:
        found = connection.execute(
            "SELECT removal_began_at FROM accounts WHERE id = %s FOR UPDATE", (account_id,)
        ).fetchone()
        if found is None:
            raise NotFoundError(f"There is no account {account_id}.")
        if found[0] is not None:
            raise ConflictError("Its removal has begun, so it cannot be opened again. Delete it to finish that.")
        connection.execute("UPDATE accounts SET closed_at = NULL WHERE id = %s", (account_id,))
        _announce(connection, account_id, "access")


def remove_account(
    owner_url: str, data_dir: Path, account_id: UUID, *, now: datetime, on_progress: OnProgress
) -> dict[str, int]:
    """Remove a closed account with everything that belongs to it.

    People who are in no other account are removed with it.

    Args:
        owner_url: of the role that owns the tables.
        data_dir: the installation's, where an account's files are in folders of its id.
        account_id: the account.
        now: when the removal begins, if it has not.
        on_progress: is called with the phase and the share that is done.

    Returns: how many rows of each table were removed.
    """
    total = _begin(owner_url, account_id, now)
    counter = Counter("removing", total, on_progress)
    removed = {}
    for table in tenant_tables():
        if table.name not in PEOPLE:
            # A transaction for each: an export or a report of another account is never held up by all of them.
            with account_transaction(owner_url, account_id) as connection:
                removed[table.name] = _empty(connection, account_id, table)
            _tidy(owner_url, table, removed[table.name])
            counter.add(removed[table.name])
    _finish(owner_url, account_id, removed)
    for folder in data_dir.glob(f"*/{account_id}"):
        shutil.rmtree(folder)
    counter.add(total)
    return {name: count for name, count in removed.items() if count}


def _begin(owner_url: str, account_id: UUID, now: datetime) -> int:
    """Record that there is no way back, and return how many rows there are to remove."""
    with account_transaction(owner_url, account_id) as connection:
        connection.execute(
            "UPDATE accounts SET removal_began_at = coalesce(removal_began_at, %s) WHERE id = %s",
            (now, account_id),
        )
        return sum(_count(connection, account_id, table) for table in tenant_tables())


def _count(connection: Connection, account_id: UUID, table: Table) -> int:
    found = connection.execute(SQL("SELECT count(*)") + rows_of(table), {"account": account_id}).fetchone()
    assert found is not None
    return int(found[0])


def _empty(connection: Connection, account_id: UUID, table: Table) -> int:
    return connection.execute(SQL("DELETE") + rows_of(table), {"account": account_id}).rowcount


def _tidy(owner_url: str, table: Table, removed: int) -> None:
    """Take removed rows out of the indexes, so that PostgreSQL does not meet them in other tables' checks."""
    if removed < _MANY_ROWS:
        return
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(SQL("VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF) {}").format(Identifier(table.name)))


def _finish(owner_url: str, account_id: UUID, removed: dict[str, int]) -> None:
    """Remove the account itself, its people, its jobs, and what was still being written when it was closed."""
    with account_transaction(owner_url, account_id) as connection:
        # Whoever still adds a row waits for this lock, or for that of the row which it belongs to, and is then
        # refused: that is gone.
        connection.execute("SELECT FROM accounts WHERE id = %s FOR UPDATE", (account_id,))
        people = _people(connection, account_id)
        for table in tenant_tables():
            removed[table.name] = removed.get(table.name, 0) + _empty(connection, account_id, table)
        connection.execute("DELETE FROM accounts WHERE id = %s", (account_id,))
        removed["accounts"] = 1
        removed["users"] = _remove_people(connection, people)
        connection.execute(
            "DELETE FROM procrastinate_jobs WHERE args ->> 'account_id' = %s AND status <> 'doing'",
            (str(account_id),),
        )
        _announce(connection, account_id, "access", "removals")


def _people(connection: Connection, account_id: UUID) -> list[UUID]:
    """Everybody who is or was in the account."""
    query = (
        "SELECT user_id FROM memberships WHERE account_id = %(account)s"
        " UNION SELECT user_id FROM api_keys WHERE account_id = %(account)s"
    )
    found = connection.execute(query, {"account": account_id}).fetchall()
    former = "SELECT DISTINCT target_id FROM audit_log WHERE account_id = %s AND target_type = 'user'"
    return [one for (one,) in {*found, *connection.execute(former, (account_id,)).fetchall()}]


def _remove_people(connection: Connection, people: Collection[UUID]) -> int:
    """Remove those who are in no account any more. PostgreSQL refuses to remove anybody else."""
    removed = 0
    for user_id in sorted(people):
        connection.execute("SELECT set_config('app.login_user_id', %s, true)", (str(user_id),))
        try:
            with connection.transaction():
                removed += connection.execute("DELETE FROM users WHERE id = %s", (user_id,)).rowcount
        except ForeignKeyViolation:
            # A revoked key in another account names them still.
            continue
    return removed


def _announce(connection: Connection, account_id: UUID, *topics: Topic) -> None:
    for topic in topics:
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(Announcement(topic, account_id))))
