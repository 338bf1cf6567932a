"""Look-ups of one row, side by side in one statement: each statement is a round trip for which people wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from sqlalchemy import Select, select, true

from flowpilot.db.session import ReadDb

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Lookup(Generic[T]):
    """A query that always gives one row, as a count without groups does, and what its columns mean."""

    query: Select[*tuple[Any, ...]]
    meaning: Callable[..., T]

    async def alone(self, db: ReadDb) -> T:
        """The answer, by a statement of its own."""
        return self.meaning(*(await db.execute(self.query)).one())


@overload
async def look_up(db: ReadDb, a: Lookup[A], b: Lookup[B], /) -> tuple[A, B]: ...
@overload
async def look_up(db: ReadDb, a: Lookup[A], b: Lookup[B], c: Lookup[C], d: Lookup[D], /) -> tuple[A, B, C, D]: ...
async def look_up(db: ReadDb, *lookups: Lookup[Any]) -> tuple[Any, ...]:
    """The answers to all, by one statement."""
    parts = [one.query.subquery() for one in lookups]
    rows: Any = parts[0]
    for part in parts[1:]:
        rows = rows.join(part, true())
    row = iter((await db.execute(select(*parts).select_from(rows))).one())
    # Each takes as many columns as its query has.
    return tuple(one.meaning(*(next(row) for _ in part.c)) for one, part in zip(lookups, parts, strict=True))
