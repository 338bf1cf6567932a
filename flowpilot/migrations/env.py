"""Alembic's entry point: it migrates over the owner's connection, which `upgrade` passes in."""

from alembic import context
from sqlalchemy import Connection, text

from flowpilot.migrations.apart import LOCK_TIMEOUT
from flowpilot.migrations.tables import metadata


def migrate(connection: Connection) -> None:
    """Run the requested migrations in one transaction, in one process at a time."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('flowpilot migrations'))"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        context.run_migrations()


migrate(context.config.attributes["connection"])
