"""Statements name the account for every tenant table, leave the tables of sign-in to themselves, and count last.

The fixture `every_statement_names_the_account` holds it for all that the suite makes the product say. Here it is
shown that it would find what it is there for.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from flowpilot.db.connect import DatabaseUrls
from tests.statements import faults_of, late_after

ACCOUNT = {"account": UUID(int=7)}


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(urls.owner, cursor_factory=psycopg.ClientCursor[tuple[Any, ...]]) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM trees WHERE account_id = %(account)s",
        "UPDATE trees SET name = 'x' WHERE account_id = %(account)s",
        "SELECT count(*) FROM trees t JOIN tree_versions v ON v.account_id = t.account_id AND v.tree_id = t.id"
        " WHERE t.account_id = %(account)s",
        "INSERT INTO import_runs (account_id, id, digest, file_name, mapping, counts)"
        " VALUES (%(account)s, %(account)s, '', '', '', '{}')",
        "SELECT role FROM memberships JOIN users ON users.id = user_id",
    ],
)
def test_what_names_the_account_everywhere_is_right(owner: psycopg.Connection[Any], statement: str) -> None:
    assert faults_of(owner, statement, ACCOUNT) == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("SELECT name FROM trees", "trees"),
        ("DELETE FROM trees WHERE id = %(account)s", "trees"),
        (
            "SELECT (SELECT max(number) FROM tree_versions v WHERE v.account_id = t.account_id"
            " AND v.tree_id = t.id) FROM trees t WHERE t.account_id = %(account)s",
            "tree_versions",
        ),
        (
            "SELECT count(*) FROM trees t JOIN tree_versions v ON v.tree_id = t.id"
            " WHERE v.account_id = %(account)s",
            "trees",
        ),
    ],
)
@pytest.mark.one_server
def test_a_table_without_the_account_is_found(owner: psycopg.Connection[Any], statement: str, table: str) -> None:
    assert faults_of(owner, statement, ACCOUNT) == [f"the account is not named for {table}: {statement}"]


def test_a_join_with_the_tables_of_sign_in_is_found(owner: psycopg.Connection[Any]) -> None:
    statement = (
        "SELECT email FROM ai_sessions s LEFT JOIN users u ON u.id = s.user_id WHERE s.account_id = %(account)s"
    )
    assert faults_of(owner, statement, ACCOUNT) == [f"users and tenant tables in one statement: {statement}"]


def test_what_is_written_or_locked_after_the_event_counter_is_found() -> None:
    count = (
        "WITH counted AS (INSERT INTO handoff_counters (account_id) VALUES (1)) INSERT INTO handoff_events SELECT"
    )
    transaction: dict[Any, Any] = {}
    in_order = ["UPDATE ai_sessions SET status = 'paused'", count, count, "SELECT * FROM handoff_events"]
    kept = "UPDATE idempotency_keys SET answer = 1"
    assert [fault for one in (*in_order, kept) for fault in late_after(transaction, one)] == []
    late = [
        "UPDATE postings SET text = ''",
        "UPDATE ONLY postings AS p SET text = ''",
        "SELECT * FROM postings\nFOR NO KEY UPDATE",
        "WITH part_0 AS \n(UPDATE ai_sessions SET version=2)\n INSERT INTO session_steps (id) VALUES (1)",
        "WITH kept AS (UPDATE ai_sessions SET version=2) INSERT INTO idempotency_keys (id) VALUES (1)",
        "WITH gone AS (DELETE FROM postings RETURNING id) SELECT id FROM gone",
    ]
    said = "written or locked after the account's event counter: "
    assert [late_after(transaction, one) for one in late] == [[said + one] for one in late]
