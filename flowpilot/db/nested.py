"""Rows of another table as one column, so that a statement that is sent anyway reads them, too.

For records that are only read: what comes back is no part of the transaction, and changes of it are not written.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    JSON,
    ColumnElement,
    DateTime,
    ScalarSelect,
    SQLColumnExpression,
    Uuid,
    func,
    inspect,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from flowpilot.db.base import Base

T = TypeVar("T", bound=Base)


def rows_column(
    table: type[Base], *conditions: ColumnElement[bool], order: Sequence[SQLColumnExpression[Any]]
) -> ScalarSelect[Any]:
    """A column with the rows of a table that meet the conditions, in this order; null if there are none."""
    row = func.json_build_array(*inspect(table).columns)
    rows = func.json_agg(aggregate_order_by(row, *order), type_=JSON)
    return select(rows).where(*conditions).scalar_subquery()


def rows_in(table: type[T], column: Sequence[Sequence[Any]] | None) -> list[T]:
    """The rows that such a column has."""
    if not column:
        return []
    read = [(one.key, _reader(one.type)) for one in inspect(table).columns]
    return [
        table(**{name: convert(said) for (name, convert), said in zip(read, row, strict=True)}) for row in column
    ]


def _reader(type_: Any) -> Callable[[Any], Any]:
    """What makes of a value in JSON what the column has. PostgreSQL writes times with all their digits."""
    if isinstance(type_, Uuid):
        return lambda said: None if said is None else uuid.UUID(said)
    if isinstance(type_, DateTime):
        return lambda said: None if said is None else datetime.fromisoformat(said)
    return lambda said: said
