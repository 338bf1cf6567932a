"""Many rows at once: a plain psycopg transaction in one account, and COPY into it."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from flowpilot.db.stored import say_it_is_stored

# The backslash comes first, because the others get one.
_ESCAPES = (("\\", r"\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r"))


@contextmanager
def account_transaction(url: str, account_id: uuid.UUID) -> Iterator[psycopg.Connection]:
    """One transaction of the runtime role in an account."""
    say_it_is_stored()
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL("SET LOCAL app.account_id = {}").format(sql.Literal(str(account_id))))
        # As for requests: psycopg returns times in the connection's zone, and Python subtracts by the local clock.
        connection.execute("SET LOCAL TIME ZONE 'UTC'")
        yield connection


def read_each_row_once(connection: psycopg.Connection) -> None:
    """Make this transaction's statements, which concern a whole account, read each row once.

    Right after a bulk load the planner expects a handful of rows in an account, and would otherwise scan all of
    its steps for each of its sessions.
    """
    connection.execute("SET LOCAL enable_nestloop = off")


def escaped(text: str) -> str:
    """A text as the text format of COPY has it."""
    for character, instead in _ESCAPES:
        if character in text:
            text = text.replace(character, instead)
    return text


def copy_rows(
    connection: psycopg.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    account_id: uuid.UUID | None = None,
) -> int:
    """COPY rows into a table, and return how many. Each row has its values in the order of the columns.

    With `account_id`, all are of that account, and `columns` does not name it: it is sent once, not with each row.

    PostgreSQL refuses COPY into a table with row security, so the rows go through a temporary table, and are
    inserted from there under the policies like any others. They are counted instead of left to fail at a key that
    is there already: an insert that may meet one is not made a COPY where the table is spread over machines.

    Raises:
        psycopg.errors.UniqueViolation: the table has some of them already.
    """
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    own = sql.SQL("account_id, " if account_id else "")
    account = sql.SQL("{}::uuid, ").format(sql.Literal(str(account_id))) if account_id else sql.SQL("")
    words = {"table": sql.Identifier(table), "draft": sql.Identifier(f"copy_{table}"), "names": names}
    connection.execute(
        sql.SQL("CREATE TEMP TABLE {draft} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA").format(
            **words
        )
    )
    with connection.cursor() as cursor:
        with cursor.copy(sql.SQL("COPY {draft} ({names}) FROM STDIN").format(**words)) as copy:
            for row in rows:
                copy.write_row(row)
        copied = cursor.rowcount
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} ({own}{names}) SELECT {account}{names} FROM {draft} ON CONFLICT DO NOTHING"
            ).format(own=own, account=account, **words)
        )
        count = cursor.rowcount
        if count != copied:
            raise psycopg.errors.UniqueViolation(f"{copied - count:,} of {copied:,} rows are in {table} already")
        cursor.execute(sql.SQL("DROP TABLE {draft}").format(**words))
    return count
