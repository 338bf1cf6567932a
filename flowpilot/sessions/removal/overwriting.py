"""Overwriting words in the rows of any table, as every feature does it."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, literal, select, text, update

from flowpilot.db.base import Tenant
from flowpilot.db.session import Db
from flowpilot.sessions.removal.copies import Cells, Copy, Found
from flowpilot.sessions.removal.scope import Removal


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows that had the words, by their ids, each with who wrote it; and all cells that were gone through."""

    had: Mapping[uuid.UUID, uuid.UUID | None] = field(default_factory=dict)
    cells: Cells = field(default_factory=dict)

    def __or__(self, later: "Rows") -> "Rows":
        """Both; what is gone through twice is as it was the last time."""
        return Rows({**self.had, **later.had}, {**self.cells, **later.cells})

    def __iter__(self) -> Iterator[uuid.UUID]:
        return iter(self.had)

    def __len__(self) -> int:
        return len(self.had)

    @property
    def authors(self) -> frozenset[uuid.UUID]:
        """Who wrote them."""
        return frozenset(by for by in self.had.values() if by is not None)

    def found(self, *copies: Copy) -> Found:
        """What is said of them."""
        return Found(copies, self.cells)


async def overwrite(
    db: Db,
    removal: Removal,
    model: type[Tenant],
    columns: Sequence[str],
    *where: ColumnElement[bool],
    author: str | None = None,
    clean: Callable[[Any], Any] | None = None,
    clean_others: Callable[[Any], Any] | None = None,
) -> Rows:
    """Overwrite the words in these columns of the account's rows. What it went through is returned with them.

    Args:
        db: the transaction.
        removal: whose words.
        model: of the rows.
        columns: that may have them.
        where: which rows.
        author: the column that says who wrote the row. Rows of others stay if only somebody's own may be changed.
        clean: a value without the words; the removal's own words by default.
        clean_others: what becomes of a value of such a row of others; nothing by default.
    """
    wrote = literal(None) if author is None else getattr(model, author)
    query = select(model.id, wrote, *(getattr(model, column) for column in columns))
    found = (await db.execute(query.where(model.account_id == removal.account_id, *where))).all()
    had, cells = dict[uuid.UUID, uuid.UUID | None](), dict[tuple[str, uuid.UUID, str], bool]()
    for row_id, by, *values in found:
        is_others = author is not None and removal.only_of not in {None, by}
        cleaned = list(map((clean_others or _as_it_is) if is_others else (clean or removal.words.clean), values))
        for name, after in zip(columns, cleaned, strict=True):
            cells[model.__name__, row_id, name] = removal.telling.are_in(after)
        changed = {
            name: after for name, before, after in zip(columns, values, cleaned, strict=True) if after != before
        }
        if not changed:
            continue
        had[row_id] = by
        if not removal.is_preview:
            one = update(model).where(model.account_id == removal.account_id, model.id == row_id)
            # What the transaction has loaded of these rows is changed, too.
            await db.execute(one.values(changed), execution_options={"synchronize_session": "evaluate"})
    return Rows(had, cells)


def _as_it_is(value: Any) -> Any:
    return value


async def begin_removal(db: Db, session_id: uuid.UUID) -> None:
    """Allow this transaction to overwrite the words of append-only rows of that session, and of no other.

    PostgreSQL refuses it otherwise (docs/decisions/0056).
    """
    await db.execute(text(f"SET LOCAL app.removing_from = '{uuid.UUID(str(session_id))}'"))
