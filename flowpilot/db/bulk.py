"""Many rows at once: a plain psycopg transaction in one account, and COPY into it."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql
from pydantic_core import to_json

from flowpilot.db.stored import say_it_is_stored

_LINES_AT_ONCE = 500
# What is not there, as the text format of COPY has it.
NULL = r"\N"
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


def line_of(*values: object) -> str:
    """A row as a line of COPY."""
    line = "\t".join([NULL if one is None else str(one) for one in values])
    # Hardly any text has something to escape, so the line is looked at before its values are.
    is_plain = line.count("\\") == values.count(None) and line.count("\t") == len(values) - 1
    if is_plain and "\n" not in line and "\r" not in line:
        return f"{line}\n"
    return "\t".join([NULL if one is None else escaped(str(one)) for one in values]) + "\n"


def json_of(value: object) -> str:
    """A value as JSON in a line of COPY: in JSON, whatever else would be escaped has a backslash."""
    return to_json(value).decode().replace("\\", r"\\")


class Drafts:
    """Rows of an account that are copied into temporary tables, and inserted from there together.

    PostgreSQL refuses COPY into a table with row security, so the rows are inserted from there under the policies
    like any others. Between `begin` and `finish`, the server inserts them while the caller makes the next ones.
    """

    def __init__(self, connection: psycopg.Connection, account_id: uuid.UUID) -> None:
        self.connection, self.account_id = connection, account_id
        self._account = sql.Literal(str(account_id))
        self._next: dict[str, _Draft] = {}
        self._made: dict[str, _Draft] = {}
        self._inserted: list[tuple[_Draft, psycopg.Cursor]] = []
        self._sent = ExitStack()
        self._is_spread: bool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        if error != (None, None, None):
            self._sent.__exit__(*error)
            return
        self.finish()
        for draft in self._made.values():
            self.connection.execute(draft.dropping)

    def copy(self, table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
        """Make rows of a table, whose columns are always the same: each a line of COPY, without the account.

        They are sent by `begin`, and inserted in the order in which the tables were named.
        """
        self._next.setdefault(table, _Draft(table, columns)).add(lines)

    def begin(self) -> None:
        """Copy the rows, and begin to insert them. Until `finish`, the connection may not be used."""
        self.finish()
        copied = [draft for draft in self._next.values() if draft.rows]
        self._next = {}
        if not copied:
            return
        if self._is_spread is None:
            self._is_spread = is_spread(self.connection)
        for draft in copied:
            if draft.table not in self._made:
                draft.create(self.connection)
                self._made[draft.table] = draft
            draft.send(self.connection)
        self._sent.enter_context(self.connection.pipeline())
        for draft in copied:
            statement = draft.inserting(self._account, may_meet=bool(self._is_spread))
            self._inserted.append((draft, self.connection.execute(statement)))
            self.connection.execute(draft.emptying)

    def finish(self) -> None:
        """Wait until the rows are inserted.

        Raises:
            psycopg.errors.UniqueViolation: a table has some of them already.
        """
        self._sent.close()
        inserted, self._inserted = self._inserted, []
        for draft, cursor in inserted:
            draft.check(cursor.rowcount)


@dataclass(slots=True)
class _Draft:
    """A temporary table with rows of another one; `parts` are those that were not sent yet, as lines."""

    table: str
    columns: Sequence[str]
    rows: int = 0
    parts: list[str] = field(default_factory=list)

    def add(self, lines: Iterable[str]) -> None:
        reading = iter(lines)
        while some := list(islice(reading, _LINES_AT_ONCE)):
            self.parts.append("".join(some))
            self.rows += len(some)

    def send(self, connection: psycopg.Connection) -> None:
        with connection.cursor() as cursor, cursor.copy(self.copying) as copy:
            for part in self.parts:
                copy.write(part)
        self.parts = []

    def create(self, connection: psycopg.Connection) -> None:
        creating = "CREATE TEMP TABLE {draft} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
        connection.execute(self._said(creating))

    @property
    def copying(self) -> sql.Composed:
        return self._said("COPY {draft} ({names}) FROM STDIN")

    def inserting(self, account: sql.Literal | None, *, may_meet: bool) -> sql.Composed:
        """`account` is that of all rows, unless each has its own. `may_meet`: they may be there already."""
        statement = "INSERT INTO {table} ({own}{names}) SELECT {account}{names} FROM {draft}{conflict}"
        return self._said(
            statement,
            own=sql.SQL("account_id, " if account else ""),
            account=sql.SQL("{}::uuid, ").format(account) if account else sql.SQL(""),
            # What it returns is counted, because of what other machines insert the number alone is wrong.
            conflict=sql.SQL(" ON CONFLICT DO NOTHING RETURNING 1" if may_meet else ""),
        )

    @property
    def emptying(self) -> sql.Composed:
        """Quicker than to make it anew: what this transaction has made is cut off in its place."""
        return self._said("TRUNCATE {draft}")

    @property
    def dropping(self) -> sql.Composed:
        return self._said("DROP TABLE {draft}")

    def check(self, inserted: int) -> None:
        """Make sure that all rows were inserted.

        Raises:
            psycopg.errors.UniqueViolation: the table has some of them already.
        """
        if inserted != self.rows:
            raise psycopg.errors.UniqueViolation(
                f"{self.rows - inserted:,} of {self.rows:,} rows are in {self.table} already"
            )

    def _said(self, statement: LiteralString, **more: sql.Composable) -> sql.Composed:
        names = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        draft, table = sql.Identifier(f"copy_{self.table}"), sql.Identifier(self.table)
        return sql.SQL(statement).format(names=names, draft=draft, table=table, **more)


def is_spread(connection: psycopg.Connection) -> bool:
    """Whether tables are spread over machines.

    There, an insert that may meet rows that are there already is not made a COPY, which row security refuses;
    elsewhere it costs a third more than one that fails at them.
    """
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'citus'").fetchone() is not None


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
    They are inserted as by `Drafts`.

    Raises:
        psycopg.errors.UniqueViolation: the table has some of them already.
    """
    draft = _Draft(table, columns)
    draft.create(connection)
    with connection.cursor() as cursor:
        with cursor.copy(draft.copying) as copy:
            for row in rows:
                copy.write_row(row)
        draft.rows = cursor.rowcount
        account = sql.Literal(str(account_id)) if account_id else None
        cursor.execute(draft.inserting(account, may_meet=True))
        draft.check(cursor.rowcount)
        cursor.execute(draft.dropping)
    return draft.rows
