"""A row in every table of an account, with as little in it as its columns allow."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Table

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.tables import metadata
from tests.company import Company, account_connection, insertion

# What refers to one of two things, and values that go together.
_REFERS_TO = {("ai_tasks", "proposal_id"), ("notifications", "event_id")}
_SAID = {"suggestion_outcomes": {"result": "dismissed", "reason": "other"}}
_OF_TYPE: dict[type, Any] = {
    str: "words",
    int: 1,
    float: 1.0,
    bool: True,
    object: Jsonb({}),
    bytes: b"piece",
    list: [],
    date: date(2026, 6, 10),
}


def fill(company: Company, user_id: UUID) -> None:
    """Put a row into each table that has none of the account yet."""
    with account_connection(company.urls, company.id) as connection:
        made: dict[str, dict[str, Any]] = {}
        for table in metadata.sorted_tables:
            if "account_id" in table.columns:
                present = _present(connection, table, company.id)
                row = made[table.name] = present or _new(table, company.id, user_id, made)
                if present is None:
                    connection.execute(insertion(table.name, tuple(row)), row)


def counts(urls: DatabaseUrls, account_id: UUID) -> dict[str, int]:
    """How many rows of each table name the account, in any column, as a superuser sees them."""
    found = {}
    with psycopg.connect(urls.owner) as owner:
        for table in [*metadata.tables, "procrastinate_jobs"]:
            query = sql.SQL("SELECT count(*) FROM {} t WHERE strpos(t::text, %s) > 0").format(
                sql.Identifier(table)
            )
            row = owner.execute(query, [str(account_id)]).fetchone()
            assert row is not None
            found[table] = row[0]
    return found


def _present(connection: psycopg.Connection, table: Table, account_id: UUID) -> dict[str, Any] | None:
    query = sql.SQL("SELECT * FROM {} WHERE account_id = %s LIMIT 1").format(sql.Identifier(table.name))
    cursor = connection.execute(query, [account_id])
    row, names = cursor.fetchone(), [column.name for column in cursor.description or ()]
    return None if row is None else dict(zip(names, row, strict=True))


def _new(table: Table, account_id: UUID, user_id: UUID, made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    needed = [c for c in table.columns if not c.nullable and c.server_default is None and c.computed is None]
    row = {column.name: _value(table, column) for column in needed}
    row |= {"account_id": account_id} | {name: user_id for name in row if name.endswith("user_id")}
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and constraint.referred_table.name in made:
            parent = made[constraint.referred_table.name]
            keys = zip(constraint.column_keys, constraint.elements, strict=True)
            wanted = row.keys() | {name for one, name in _REFERS_TO if one == table.name}
            row |= {name: parent[element.column.name] for name, element in keys if name in wanted}
    return row | _SAID.get(table.name, {})


def _value(table: Table, column: Column[Any]) -> Any:
    kind = column.type.python_type
    if kind is UUID:
        return new_id()
    if kind is datetime:
        return now()
    chosen = [_choice(constraint, column.name) for constraint in table.constraints]
    return next(filter(None, chosen), _OF_TYPE.get(kind, "words"))


def _choice(constraint: Any, column: str) -> str | None:
    """The first of the values to which a check holds the column."""
    if not isinstance(constraint, CheckConstraint):
        return None
    listed = re.match(rf"{column} IN \('([^']+)'", str(constraint.sqltext))
    return None if listed is None else listed.group(1)
