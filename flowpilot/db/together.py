"""Rows that belong together, written in one statement: each statement is a round trip for which people wait."""

import functools
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from sqlalchemy import BindParameter, Insert, Table, Update, bindparam, insert, inspect, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import make_transient_to_detached

from flowpilot.db.base import Base
from flowpilot.db.session import Db
from flowpilot.db.statements.built import Built

# What else is to be written with a row: rows of a table, that features say of their own.
also_written: list[Callable[[Base], list[tuple[Table, dict[str, Any]]]]] = []


class _Part(NamedTuple):
    """What is written of one row, without its values: a new one, what has changed in one, or one that replaces."""

    kind: Literal["insert", "update", "replace"]
    table: Table
    names: tuple[str, ...]


async def write_together(db: Db, *rows: Base, replacing: Base | None = None) -> None:
    """Write new rows, and what has changed in others. Whatever else waits to be written is written afterwards.

    PostgreSQL runs all parts of a statement, and checks their foreign keys when all are done.

    Args:
        db: the transaction.
        rows: new ones with all their columns, which are not added to it yet; or some that it has read.
        replacing: one more, which takes the place of the row with its key, if there is one. It is not added.
    """
    changes = {row: _changes(row) for row in rows}
    parts: list[_Part] = []
    values: dict[str, Any] = {}
    for row, changed in [*changes.items(), *([] if replacing is None else [(replacing, _changes(replacing))])]:
        if changed:
            state = inspect(row)
            of_row = zip((column.key for column in state.mapper.primary_key), state.identity or (), strict=False)
            values |= {_name(len(parts), name): value for name, value in changed.items()}
            values |= {_name(len(parts), f"of_{name}"): value for name, value in of_row}
            parts.append(_part(row, tuple(changed), replaces=row is replacing))
    also = [more for row in rows for also in also_written for more in also(row)]
    if parts:
        for number, (table, said) in enumerate(also, len(parts)):
            values |= {_name(number, name): value for name, value in said.items()}
            parts.append(_Part("insert", table, tuple(said)))
        await _built(tuple(parts)).send(db, values)
    for row in changes:
        if inspect(row).transient:
            make_transient_to_detached(row)
            db.add(row)
        else:
            _has_been_written(db, row)
    await db.flush()


def _has_been_written(db: Db, row: Base) -> None:
    """Say so of a row as SQLAlchemy does, which else looks through all of it for what there is to write."""
    state, session = inspect(row), db.sync_session
    session._register_altered([state])  # noqa: SLF001 - A savepoint that is undone has it read again.
    state._commit_all(state.dict, session.identity_map)  # noqa: SLF001


def _changes(row: Base) -> dict[str, Any]:
    state = inspect(row)
    if state.transient:
        return {name: value for name, value in state.dict.items() if name in state.mapper.columns}
    touched = (one for one in state.mapper.column_attrs if one.key in state.committed_state)
    changed = (state.attrs[one.key] for one in touched)
    return {one.key: one.value for one in changed if one.history.has_changes()}


def _part(row: Base, names: tuple[str, ...], *, replaces: bool) -> _Part:
    state = inspect(row)
    table = state.mapper.local_table
    assert isinstance(table, Table)
    return _Part("replace" if replaces else "insert" if state.identity is None else "update", table, names)


@functools.lru_cache(maxsize=256)
def _statement(parts: tuple[_Part, ...]) -> Insert | Update:
    """The statement for such parts: built once, because that takes longer than PostgreSQL takes to run it."""
    *others, main = (_written(part, number) for number, part in enumerate(parts))
    for number, other in enumerate(others):
        main = main.add_cte(other.cte(f"part_{number}"))
    return main


@functools.lru_cache(maxsize=256)
def _built(parts: tuple[_Part, ...]) -> Built:
    return Built(_statement(parts))


def _written(part: _Part, number: int) -> Insert | Update:
    def said(name: str, of: str = "") -> BindParameter[Any]:
        return bindparam(_name(number, of + name), type_=part.table.c[name].type)

    values = {name: said(name) for name in part.names}
    keys = [column.key for column in part.table.primary_key]
    if part.kind == "insert":
        return insert(part.table).values(values)
    if part.kind == "update":
        its_key = (part.table.c[key] == said(key, "of_") for key in keys)
        return update(part.table).where(*its_key).values(values)
    new = postgresql.insert(part.table).values(values)
    replaced = {name: new.excluded[name] for name in part.names if name not in keys}
    return new.on_conflict_do_update(index_elements=keys, set_=replaced)


def _name(number: int, name: str) -> str:
    return f"p{number}_{name}"
