"""What a migration does in other words on a database that is spread over machines (docs/decisions/0083).

PostgreSQL with shards refuses some of what one machine takes. A migration uses these instead, and works on both;
tests/architecture/test_migrations.py tells which statements it must not write itself.
"""

from alembic import op
from sqlalchemy import Connection


def is_spread(connection: Connection) -> bool:
    """Whether the tables of accounts are spread over machines."""
    has_catalogue = "SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL"
    if not connection.exec_driver_sql(has_catalogue).scalar_one():
        return False
    return bool(connection.exec_driver_sql("SELECT EXISTS (SELECT FROM pg_dist_partition)").scalar_one())


def add_constraint(table: str, name: str, definition: str) -> None:
    """Add a constraint in a statement of its own: with others, shards refuse it."""
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def refer_to_account(table: str) -> None:
    """Let a new table with `account_id` refer to `accounts`, where they are on the same machine."""
    if not is_spread(op.get_bind()):
        refers = "FOREIGN KEY (account_id) REFERENCES accounts (id)"
        add_constraint(table, f"{table}_account_id_fkey", refers)


def hint(table: str, column: str, options: str) -> None:
    """Tell the planner something about a column, such as `n_distinct = 100`; of each shard, if there are some."""
    connection = op.get_bind()
    if is_spread(connection):
        tell_shards(connection, table, column, options)
    else:
        connection.exec_driver_sql(f"ALTER TABLE {table} ALTER COLUMN {column} SET ({options})")


def tell_shards(connection: Connection, table: str, column: str, options: str) -> None:
    """Give every shard of a table what its coordinator does not pass on."""
    change = f"ALTER TABLE %s ALTER COLUMN {column} SET ({options})"
    failed = connection.exec_driver_sql(
        "SELECT result FROM run_command_on_shards(%(table)s, %(change)s) WHERE NOT success",
        {"table": table, "change": change},
    ).first()
    if failed is not None:
        raise RuntimeError(f"A shard of {table} refuses {change}: {failed.result}")
