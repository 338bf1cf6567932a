"""Rows that belong together, written in one statement: each statement is a round trip for which people wait."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Insert, Table, Update, insert, inspect, update
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from flowpilot.db.base import Base
from flowpilot.db.session import Db

# What else is to be written with a row, before its changes are: features say so of their own.
also_written: list[Callable[[Base], list[Insert]]] = []


async def write_together(db: Db, *rows: Base, beside: Insert | None = None) -> None:
    """Write new rows, and what has changed in others. Whatever else waits to be written is written afterwards.

    PostgreSQL runs all parts of a statement, and checks their foreign keys when all are done.

    Args:
        db: the transaction.
        rows: new ones with all their columns, which are not added to it yet; or some that it has read.
        beside: one more insertion, which may replace a row.
    """
    changes = {row: _changes(row) for row in rows}
    parts: list[Insert | Update] = [_statement(row, values) for row, values in changes.items() if values]
    parts += [more for row in rows for also in also_written for more in also(row)]
    if beside is not None:
        parts.append(beside)
    if parts:
        *others, main = parts
        for number, part in enumerate(others):
            main = main.add_cte(part.cte(f"part_{number}"))
        await (await db.connection()).execute(main)
    for row, values in changes.items():
        for name, value in values.items():
            set_committed_value(row, name, value)
        if inspect(row).transient:
            make_transient_to_detached(row)
            db.add(row)
    await db.flush()


def _changes(row: Base) -> dict[str, Any]:
    state = inspect(row)
    if state.transient:
        return {name: value for name, value in state.dict.items() if name in state.mapper.columns}
    return {one.key: one.value for one in state.attrs if one.history.has_changes()}


def _statement(row: Base, values: dict[str, Any]) -> Insert | Update:
    state = inspect(row)
    table = state.mapper.local_table
    assert isinstance(table, Table)
    if state.identity is None:
        return insert(table).values(values)
    key = zip(state.mapper.primary_key, state.identity, strict=True)
    return update(table).where(*(column == value for column, value in key)).values(values)
