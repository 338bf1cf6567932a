"""Look-ups of one row, side by side in one statement: each statement is a round trip for which people wait.

They are built once, as `statements/built` says, each together with those that it is looked up beside.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import Select, select, true

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@dataclass(frozen=True, slots=True, eq=False)
class Lookup(Generic[T]):
    """A query that always gives one row, as a count without groups does, and what its columns mean.

    What it asks for are parameters. Those of the same name have the same value in all that is looked up together.
    A module has one, so there are few that are ever together.
    """

    query: Select[*tuple[Any, ...]]
    meaning: Callable[..., T]

    def of(self, **values: Any) -> "Asked[T]":
        """The same with its values."""
        return Asked(self, values)


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """A look-up with its values."""

    lookup: Lookup[T]
    values: Mapping[str, Any]

    async def alone(self, db: ReadDb) -> T:
        """The answer, by a statement of its own."""
        return self.lookup.meaning(*(await _together(self.lookup).first(db, **self.values)))


@overload
async def look_up(db: ReadDb, a: Asked[A], b: Asked[B], /) -> tuple[A, B]: ...
@overload
async def look_up(db: ReadDb, a: Asked[A], b: Asked[B], c: Asked[C], d: Asked[D], /) -> tuple[A, B, C, D]: ...
async def look_up(db: ReadDb, *asked: Asked[Any]) -> tuple[Any, ...]:
    """The answers to all, by one statement.

    Raises:
        ValueError: two of them mean something else by the same name.
    """
    lookups = [one.lookup for one in asked]
    values: dict[str, Any] = {}
    for name, value in (said for one in asked for said in one.values.items()):
        if values.setdefault(name, value) != value:
            raise ValueError(f"Looked up together, {name} is both {values[name]!r} and {value!r}.")
    row = iter(await _together(*lookups).first(db, **values))
    # Each takes as many columns as its query has.
    return tuple(one.meaning(*(next(row) for _ in one.query.selected_columns)) for one in lookups)


@cache
def _together(*lookups: Lookup[Any]) -> Built:
    if len(lookups) == 1:
        return Built(lookups[0].query)
    parts = [one.query.subquery() for one in lookups]
    rows: Any = parts[0]
    for part in parts[1:]:
        rows = rows.join(part, true())
    return Built(select(*parts).select_from(rows))
