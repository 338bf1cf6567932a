"""One page of a statement's rows, by their ids, which sort by the time of creation."""

import uuid
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

Statement = TypeVar("Statement", bound=Select[*tuple[Any, ...]])


def oldest_first(
    query: Statement, id_: InstrumentedAttribute[uuid.UUID], limit: int, after: uuid.UUID | None
) -> Statement:
    """The oldest rows, or those that follow the row `after`."""
    if after is not None:
        query = query.where(id_ > after)
    return query.order_by(id_).limit(limit)


def newest_first(
    query: Statement, id_: InstrumentedAttribute[uuid.UUID], limit: int, before: uuid.UUID | None
) -> Statement:
    """The newest rows, or those older than the row `before`."""
    if before is not None:
        query = query.where(id_ < before)
    return query.order_by(id_.desc()).limit(limit)
