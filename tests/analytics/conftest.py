"""The worked world of the contract, loaded once."""

import csv
import json
import os
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest

from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.db.connect import DatabaseUrls
from flowpilot.handoffs import derived as handoffs
from flowpilot.sessions import derived as sessions
from tests.conftest import SHARED_DATA

WORLD = SHARED_DATA / "contract_world"

# In the order of their foreign keys.
TABLES = (
    "tree_categories",
    "trees",
    "ai_sessions",
    "ai_session_steps",
    "session_handoffs",
    "flow_proposals",
    "psa_post_logs",
    "psa_activity_logs",
)


def _load(connection: psycopg.Connection, account_id: str) -> None:
    connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'World')", [account_id])
    for table in TABLES:
        with (WORLD / f"{table}.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["account_id"] == account_id]
        if rows:
            columns = list(rows[0])
            copy_rows(connection, table, columns, ([row[column] or None for column in columns] for row in rows))
    sessions.reconcile(connection, uuid.UUID(account_id))
    handoffs.reconcile(connection, account_id)


@pytest.fixture(scope="session")
def world(urls: DatabaseUrls) -> dict[str, Any]:
    """The expected answers, with their rows in the database."""
    if not Path(WORLD).exists() and "CI" not in os.environ:
        pytest.skip("The contract's worked world is not beside this checkout.")
    expected: dict[str, Any] = json.loads((WORLD / "expected.json").read_text())
    for account in expected["accounts"].values():
        with account_transaction(urls.runtime, uuid.UUID(account["account_id"])) as connection:
            _load(connection, account["account_id"])
    return expected
