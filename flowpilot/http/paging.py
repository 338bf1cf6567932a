"""Lists come in pages: how many items a page has, and where the next one begins."""

import base64
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

from fastapi import Query
from pydantic import BaseModel

from flowpilot.errors import InvalidError

MOST_ITEMS = 200

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS)]
Cursor = Annotated[uuid.UUID | None, Query(description="`next_cursor` of the page before.")]

LONGEST_CURSOR = 400
KeyCursor = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="`next_cursor` of the page before.")
]

# What PostgreSQL's `integer` holds; no order counts below zero.
_NUMBERS = range(2**31)

T = TypeVar("T")


class ListPage(BaseModel, Generic[T]):
    """One page of a list. `next_cursor` leads to the next page; null on the last one."""

    items: list[T]
    next_cursor: uuid.UUID | None


class _Identified(Protocol):
    @property
    def id(self) -> uuid.UUID: ...


Item = TypeVar("Item", bound=_Identified)


def list_page(
    items: Sequence[Item], limit: int
) -> "ListPage[Item]":  # Quoted, because Pydantic has no schema for a protocol.
    """The first `limit` items. If there is one more, there is a next page."""
    return ListPage(items=list(items[:limit]), next_cursor=items[limit - 1].id if len(items) > limit else None)


class BadCursorError(InvalidError):
    """The cursor does not come from this list."""


def encode_cursor(key: Sequence[int | datetime | uuid.UUID]) -> str:
    """Where a page ends: the place of its last row in the list's order. Rows may move while somebody reads."""
    words = json.dumps([value if isinstance(value, int) else str(value) for value in key])
    return base64.urlsafe_b64encode(words.encode()).decode()


def decode_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """The key that a cursor stands for; `types` are those of the columns of the list's order.

    Raises:
        BadCursorError: the cursor is from another list, or from none.
    """
    try:
        # None of ours is longer, and a longer one may be nested more deeply than the parser can follow.
        values = json.loads(base64.urlsafe_b64decode(cursor if len(cursor) <= LONGEST_CURSOR else ""))
        return tuple(_value(value, type_) for value, type_ in zip(values, types, strict=True))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadCursorError("This is not a cursor of this list. Start again without one.") from error


def _value(value: Any, type_: type) -> int | datetime | uuid.UUID:
    if type_ is bool and value in {0, 1}:
        return bool(value)
    if type_ is datetime:
        return datetime.fromisoformat(value)
    if type_ is uuid.UUID:
        return uuid.UUID(value)
    if type(value) is not int or value not in _NUMBERS:
        raise ValueError(value)
    return value


async def read_all(read_page: Callable[[uuid.UUID | None], Awaitable[ListPage[T]]]) -> list[T]:
    """Every item of a list, read page by page: `read_page` takes the cursor of the page to read."""
    page = await read_page(None)
    items = page.items
    while page.next_cursor is not None:
        page = await read_page(page.next_cursor)
        items += page.items
    return items
