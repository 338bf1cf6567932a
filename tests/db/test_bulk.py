"""Many rows at once."""

import uuid

import psycopg
import pytest

from flowpilot.db.bulk import account_transaction, copy_rows
from tests.company import Company


def test_rows_arrive_and_are_counted(company: Company) -> None:
    rows = [(company.id, uuid.uuid4(), "active") for _ in range(3)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows) == 3
    assert company.query("SELECT count(*) FROM ai_sessions") == [(3,)]


def test_an_account_that_all_rows_have_is_named_once(company: Company, neighbour: Company) -> None:
    rows = [(uuid.uuid4(), "active") for _ in range(2)]
    with account_transaction(company.urls.runtime, company.id) as connection:
        assert copy_rows(connection, "ai_sessions", ["id", "status"], rows, account_id=company.id) == 2
    assert company.query("SELECT count(*) FROM ai_sessions") == [(2,)]
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["id", "status"], rows, account_id=neighbour.id)


def test_rows_that_are_there_already_are_refused(company: Company) -> None:
    known = company.add("ai_sessions")
    rows = [(company.id, one, "active") for one in (uuid.uuid4(), known)]
    with (
        pytest.raises(psycopg.errors.UniqueViolation, match="1 of 2 rows are in ai_sessions already"),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows)
    assert company.query("SELECT count(*) FROM ai_sessions") == [(1,)]


def test_rows_of_a_neighbour_are_refused(company: Company, neighbour: Company) -> None:
    rows = [(neighbour.id, uuid.uuid4(), "active")]
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        copy_rows(connection, "ai_sessions", ["account_id", "id", "status"], rows)
