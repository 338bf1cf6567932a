"""Reading rows: a page of those that a figure counts, or all of them as a stream."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import RowMapping, TextClause

from flowpilot.analytics.dimensions.narrowing import narrowed
from flowpilot.analytics.period import Window
from flowpilot.analytics.rows.base import Item, RowFilter, RowKind
from flowpilot.analytics.sql import statement
from flowpilot.db.session import ReadDb
from flowpilot.http.paging import MOST_ITEMS, decode_cursor, encode_cursor
from flowpilot.identity.queries import names_of

# A small part of a file at a time, because other requests wait while it is made.
_AT_ONCE = 200


class RowsPage(BaseModel, Generic[Item]):
    """Some of the rows that a figure counts, the newest first."""

    n: int = Field(description="How many rows there are on all pages: the figure itself.")
    items: list[Item]
    next_cursor: str | None


class Paging(BaseModel):
    """Which of the rows to show."""

    limit: int = Field(default=50, ge=1, le=MOST_ITEMS)
    cursor: str | None = Field(default=None, description="`next_cursor` of the page before.")


PagingQuery = Annotated[Paging, Query()]


async def read_rows(
    db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter, paging: Paging
) -> RowsPage[Item]:
    """A page of the rows and how many there are in all, in two statements; a third one has the people's names.

    Raises:
        BadCursorError: the cursor does not come from these rows.
    """
    parameters = window.parameters | row_filter.parameters
    n = (await db.execute(narrowed(_count(kind, row_filter), window.only), parameters)).scalar_one()
    mark = _mark(paging.cursor)
    query = narrowed(_page(kind, row_filter, is_continued=bool(mark)), window.only)
    found = (await db.execute(query, {**parameters, **mark, "most": paging.limit + 1})).mappings().all()
    return RowsPage(
        n=n,
        items=await _items(db, window, kind, found[: paging.limit]),
        next_cursor=_cursor(kind, found[paging.limit - 1]) if len(found) > paging.limit else None,
    )


async def stream_rows(
    db: ReadDb, window: Window, kind: RowKind[Item], row_filter: RowFilter, most: int
) -> AsyncIterator[list[Item]]:
    """The same rows, at most `most`, in one statement: some at a time, with the names of their people."""
    parameters = {**window.parameters, **row_filter.parameters, "most": most}
    found = await db.stream(narrowed(_page(kind, row_filter), window.only), parameters)
    async for rows in found.mappings().partitions(_AT_ONCE):
        yield await _items(db, window, kind, rows)


async def _items(db: ReadDb, window: Window, kind: RowKind[Item], rows: Sequence[RowMapping]) -> list[Item]:
    ids = {row[column] for row in rows for column in kind.people} - {None}
    names = await names_of(db, window.account_id, ids) if ids else {}
    return [
        kind.item.model_validate({**row, **{column: names.get(row[column]) for column in kind.people}})
        for row in rows
    ]


def _count(kind: RowKind[Any], row_filter: RowFilter) -> TextClause:
    return statement(
        f"WITH {kind.ctes} counted AS (SELECT FROM {kind.table} WHERE {row_filter.where()}) "
        "SELECT count(*) FROM counted"
    )


def _page(kind: RowKind[Any], row_filter: RowFilter, *, is_continued: bool = False) -> TextClause:
    # Only the rows of the page are joined to other tables.
    behind = f"AND ({kind.moment}, id) < (:mark_moment, :mark_id)" if is_continued else ""
    return statement(f"""
    WITH {kind.ctes} page AS (
        SELECT * FROM {kind.table} WHERE {row_filter.where()} {behind}
        ORDER BY {kind.moment} DESC, id DESC LIMIT :most
    )
    {kind.shown}
    ORDER BY p.{kind.moment} DESC, p.id DESC
    """)


def _cursor(kind: RowKind[Any], row: RowMapping) -> str:
    # Ids of imported rows are not in the order of time, so the moment says where a page ends.
    return encode_cursor([row[kind.moment], row["id"]])


def _mark(cursor: str | None) -> Mapping[str, Any]:
    if cursor is None:
        return {}
    moment, id_ = decode_cursor(cursor, datetime, UUID)
    return {"mark_moment": moment, "mark_id": id_}
