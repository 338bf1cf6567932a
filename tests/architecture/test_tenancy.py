"""PostgreSQL keeps accounts apart, and nothing in the schema lets them touch."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import ForeignKeyConstraint, Table

from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.tables import metadata
from tests.company import Company

TENANT_TABLES = [table for table in metadata.sorted_tables if "account_id" in table.columns]
NAMES = [table.name for table in TENANT_TABLES]
OF_THE_ACCOUNT = (
    "(account_id = (NULLIF(current_setting('app.account_id'::text, true), ''::text))::uuid)",
    "((account_id = (NULLIF(current_setting('app.account_id'::text, true), ''::text))::uuid) AND ",
)
# Who signs in sees the accounts that they are members of.
ACROSS_ACCOUNTS = {("memberships", "own_memberships")}


@pytest.fixture(scope="module")
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", [*NAMES, "accounts", "users"])
def test_row_security_is_forced(owner: psycopg.Connection, table: str) -> None:
    found = owner.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchone()
    assert found == (True, True), (
        f"{table} is open to its owner: without FORCE ROW LEVEL SECURITY a mistake in a job that runs as the "
        "owner shows one customer another's rows. Use rls.tenant_policy() in the migration."
    )


@pytest.mark.parametrize("table", NAMES)
def test_policies_guard_reading_and_writing(owner: psycopg.Connection, table: str) -> None:
    policies = owner.execute(
        "SELECT policyname, cmd, qual, with_check FROM pg_policies WHERE tablename = %s", [table]
    ).fetchall()
    commands = {command for _, command, *_ in policies}
    assert commands >= {"ALL"} or commands == {"SELECT", "INSERT", "UPDATE", "DELETE"}, (
        f"{table} has account_id but no policy for each command: use rls.tenant_policy() in the migration."
    )
    for name, _, *conditions in policies:
        if (table, name) not in ACROSS_ACCOUNTS:
            assert all(one.startswith(OF_THE_ACCOUNT) for one in conditions if one), (
                f"{table}: a policy allows what any of them does, so {name} shows rows of other accounts."
            )


@pytest.mark.parametrize("table", TENANT_TABLES, ids=NAMES)
def test_the_account_comes_first(table: Table) -> None:
    reason = f"{table.name}: account_id must come first, or one account cannot live on one shard."
    assert next(iter(table.primary_key.columns)).name == "account_id", reason
    for index in table.indexes:
        assert next(iter(index.columns)).name == "account_id", f"{reason} ({index.name})"
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and constraint.referred_table in TENANT_TABLES:
            assert constraint.column_keys[0] == "account_id", (
                f"{table.name}: foreign keys are checked without row security, so one without the account could "
                "point into another account."
            )


@pytest.mark.parametrize("table", TENANT_TABLES, ids=NAMES)
def test_every_row_leads_to_its_account(table: Table) -> None:
    """By a key to the account, or by one to a row of the account that leads there."""
    assert _leads_to_accounts(table), f"{table.name}: its rows could name an account that there is not."


def _leads_to_accounts(table: Table) -> bool:
    for constraint in table.constraints:
        if not isinstance(constraint, ForeignKeyConstraint) or constraint.column_keys[0] != "account_id":
            continue
        parent = constraint.referred_table
        is_required = not any(column.nullable for column in constraint.columns)
        if parent.name == "accounts" or (parent is not table and is_required and _leads_to_accounts(parent)):
            return True
    return False


def test_the_runtime_role_owns_nothing_and_cannot_bypass(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.runtime) as runtime:
        role = runtime.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = runtime.execute(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user AND relpersistence = 'p'"
        ).fetchone()
    assert role == (False, False, False, False), "A role with such rights is not held by row security."
    assert owned == (0,), "An owner could switch row security off."


@pytest.mark.parametrize("table", [*NAMES, "accounts", "users"])
def test_no_account_stated_means_no_rows(urls: DatabaseUrls, company: Company, table: str) -> None:
    with psycopg.connect(urls.runtime) as runtime:
        seen = runtime.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert seen == (0,), f"{table} shows rows to nobody in particular: a forgotten account must show none."


def test_a_neighbours_rows_cannot_be_seen_changed_or_planted(company: Company, neighbour: Company) -> None:
    row = neighbour.add("ai_sessions", status="active")
    assert company.query("SELECT id FROM ai_sessions") == []
    assert company.query("UPDATE ai_sessions SET status = 'resolved' WHERE id = %s RETURNING id", row) == []
    assert company.query("DELETE FROM ai_sessions WHERE id = %s RETURNING id", row) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        company.query("INSERT INTO ai_sessions (account_id, id) VALUES (%s, %s) RETURNING id", neighbour.id, row)
    assert neighbour.query("SELECT status FROM ai_sessions") == [("active",)]


def test_a_foreign_key_cannot_cross_accounts(company: Company, neighbour: Company) -> None:
    session = neighbour.add("ai_sessions")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        company.add("session_handoffs", session_id=session)


@pytest.mark.parametrize(
    "table", [table.name for table in metadata.sorted_tables if table.info.get("append_only")]
)
@pytest.mark.parametrize("verb", ["UPDATE {} SET account_id = account_id", "DELETE FROM {}"])
def test_what_is_append_only_stays(company: Company, table: str, verb: str) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        account_transaction(company.urls.runtime, company.id) as connection,
    ):
        connection.execute(verb.format(table).encode())


def test_the_account_does_not_outlive_its_transaction(company: Company) -> None:
    company.add("ai_sessions")
    with psycopg.connect(company.urls.runtime) as connection:
        connection.execute(f"SET LOCAL app.account_id = '{company.id}'".encode())
        assert connection.execute("SELECT count(*) FROM ai_sessions").fetchone() == (1,)
        connection.commit()
        assert connection.execute("SELECT count(*) FROM ai_sessions").fetchone() == (0,)
