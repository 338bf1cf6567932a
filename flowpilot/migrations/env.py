"""Alembic's entry point: it migrates over the owner's connection, which `upgrade` passes in."""

from alembic import context
from sqlalchemy import Connection, text

from flowpilot.migrations.tables import metadata

# A migration that waits for a lock makes every later query wait behind it, so it gives up early.
LOCK_TIMEOUT = "5s"


def migrate(connection: Connection) -> None:
    """Run the requested migrations in one transaction, in one process at a time."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('flowpilot migrations'))"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()


migrate(context.config.attributes["connection"])
