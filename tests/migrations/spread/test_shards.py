"""What a migration says in other words where tables are spread is, on one machine, what it always was."""

from collections.abc import Iterator

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine

from flowpilot.db.connect import driver_url
from flowpilot.migrations import shards


@pytest.fixture
def connection(external: str) -> Iterator[Connection]:
    engine = create_engine(driver_url(external))
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        connection.exec_driver_sql("CREATE TABLE accounts (id UUID PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE things (account_id UUID NOT NULL, n INTEGER)")
        yield connection
    engine.dispose()


def test_constraints_and_the_reference_to_the_account_are_added(connection: Connection) -> None:
    assert not shards.is_spread(connection)
    shards.add_constraint("things", "things_n_check", "CHECK (n > 0)")
    shards.refer_to_account("things")
    found = (
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'things'::regclass AND contype <> 'n' ORDER BY conname"
    )
    assert [tuple(row) for row in connection.exec_driver_sql(found)] == [
        ("things_account_id_fkey", "FOREIGN KEY (account_id) REFERENCES accounts(id)"),
        ("things_n_check", "CHECK ((n > 0))"),
    ]


def test_the_planner_is_told(connection: Connection) -> None:
    shards.hint("things", "n", "n_distinct = 100")
    told = "SELECT attoptions FROM pg_attribute WHERE attrelid = 'things'::regclass AND attname = 'n'"
    assert connection.exec_driver_sql(told).scalar_one() == ["n_distinct=100"]
