"""Lists come in pages: how many rows one has, and where the next begins."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import Query
from pydantic import BaseModel

Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[uuid.UUID | None, Query(description="`next_cursor` of the page before.")]

T = TypeVar("T")


class ListPage(BaseModel, Generic[T]):
    """Some rows of a list; `next_cursor` asks for those after them, null at the end."""

    items: list[T]
    next_cursor: uuid.UUID | None


class _Identified(Protocol):
    @property
    def id(self) -> uuid.UUID: ...


Item = TypeVar("Item", bound=_Identified)


def list_page(
    items: Sequence[Item], limit: int
) -> "ListPage[Item]":  # Quoted, since pydantic knows no schema of a protocol.
    """The first `limit` items; one more than that among them says that there is another page."""
    return ListPage(items=list(items[:limit]), next_cursor=items[limit - 1].id if len(items) > limit else None)
