"""Accounts at an earlier revision, and rows in them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from tests.company import at

Migrate = Callable[[str], None]
BEGUN, EARLIER, LATER, LAST = (at(f"2026-06-10 {hour:02}:00") for hour in (12, 8, 15, 16))


def found_account(url: str) -> UUID:
    account_id = new_id()
    with account_transaction(url, account_id) as connection:
        connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'Acme')", [account_id])
    return account_id


def ask(url: str, account_id: UUID, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with account_transaction(url, account_id) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []
