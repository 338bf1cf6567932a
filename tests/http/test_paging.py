"""Lists come in pages, and a cursor is a place in a list's order."""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from flowpilot.http.paging import BadCursorError, ListPage, decode_cursor, encode_cursor, read_all

MOMENT = datetime(2026, 6, 15, 9, 30, 0, 1, UTC)
ID = uuid.UUID(int=7)


def test_a_cursor_gives_back_the_key_that_it_was_made_of() -> None:
    key = (0, 2**31 - 1, MOMENT, ID)
    assert decode_cursor(encode_cursor(key), int, int, datetime, uuid.UUID) == key


def test_a_cursor_fits_into_an_address() -> None:
    cursor = encode_cursor((1, 4, MOMENT, ID))
    assert len(cursor) <= 400
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")


@pytest.mark.parametrize(
    ("key", "types"),
    [
        ((MOMENT, ID), (int, datetime, uuid.UUID)),
        ((1, MOMENT, ID), (datetime, uuid.UUID)),
        ((ID, MOMENT), (datetime, uuid.UUID)),
        ((MOMENT,), (int,)),
    ],
)
def test_a_cursor_of_another_order_is_refused(key: tuple[Any, ...], types: tuple[type, ...]) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(encode_cursor(key), *types)


@pytest.mark.parametrize("cursor", ["", "x", "ü", "AAAA", "////", "W1tb" * 500])
def test_an_invalid_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        decode_cursor(cursor, int)


@pytest.mark.parametrize("value", [-1, 2**31, 10**30, 1.0, 1e999, float("nan"), True, None, "1", [1], {}])
def test_an_invalid_number_in_a_cursor_is_refused(value: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps([value]).encode()).decode()
    with pytest.raises(BadCursorError):
        decode_cursor(cursor, int)


@pytest.mark.anyio
async def test_all_pages_of_a_list_are_read_in_their_order() -> None:
    ids = [uuid.UUID(int=number) for number in range(5)]

    async def read(cursor: uuid.UUID | None) -> ListPage[uuid.UUID]:
        start = 0 if cursor is None else ids.index(cursor) + 1
        end = start + 2
        return ListPage(items=ids[start:end], next_cursor=ids[end - 1] if end < len(ids) else None)

    assert await read_all(read) == ids
