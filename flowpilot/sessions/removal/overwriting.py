"""Overwriting words in the rows of any table, as every feature does it."""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal, select, text, update

from flowpilot.db.base import Tenant
from flowpilot.db.session import Db
from flowpilot.sessions.removal.scope import Removal

# The rows that had the words, by their ids, each with who wrote it.
Rows = dict[uuid.UUID, uuid.UUID | None]


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
    """Overwrite the words in these columns of the account's rows, and note which still have them.

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
    had: Rows = {}
    for row_id, by, *values in found:
        is_others = author is not None and removal.only_of not in {None, by}
        cleaned = list(map((clean_others or _as_it_is) if is_others else (clean or removal.words.clean), values))
        for name, after in zip(columns, cleaned, strict=True):
            removal.note_kept((model.__name__, row_id, name), after)
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
    return had


def _as_it_is(value: Any) -> Any:
    return value


def authors_in(*rows: Rows) -> frozenset[uuid.UUID]:
    """Who wrote them."""
    return frozenset(by for each in rows for by in each.values() if by is not None)


async def begin_removal(db: Db, session_id: uuid.UUID) -> None:
    """Allow this transaction to overwrite the words of append-only rows of that session, and of no other.

    PostgreSQL refuses it otherwise (docs/decisions/0056).
    """
    await db.execute(text(f"SET LOCAL app.removing_from = '{uuid.UUID(str(session_id))}'"))
