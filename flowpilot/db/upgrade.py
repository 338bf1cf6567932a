"""Bring a database to the present shape, and give the runtime role exactly what it needs."""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine

from flowpilot.db.models import metadata

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """The revision that this version of FlowPilot works with."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def upgrade(owner_url: str, runtime_role: str, password: str | None) -> None:
    """Migrate to the newest revision, then create `runtime_role` (when a password is given) and its grants.

    Args:
        owner_url: a `postgresql+psycopg://` URL of the role that owns the tables.
        runtime_role: the role that serves requests; it owns nothing and can not bypass row security.
        password: the role's password, or None where the role is managed elsewhere.
    """
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        with engine.begin() as connection:
            # The same lock as a migration's: two servers that start together must not both create the role.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('flowpilot migrations'))")
            if password is not None:
                _ensure_role(connection, runtime_role, password)
            _grant(connection, runtime_role)
    finally:
        engine.dispose()


def _run(connection: Connection, statement: sql.Composable) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement)


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    found = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).first()
    if found is None:
        _run(connection, sql.SQL("CREATE ROLE {}").format(name))
    driver = connection.connection.driver_connection
    assert driver is not None
    # The verifier is made on this side, so that the password itself reaches no server log.
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    _run(
        connection,
        sql.SQL("ALTER ROLE {} LOGIN NOINHERIT PASSWORD {}").format(name, sql.Literal(verifier)),
    )


def _grant(connection: Connection, role: str) -> None:
    name = sql.Identifier(role)
    _run(connection, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    _run(connection, sql.SQL("GRANT SELECT ON alembic_version TO {}").format(name))
    for table in metadata.sorted_tables:
        verbs = "SELECT, INSERT" if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
        statement = sql.SQL("REVOKE ALL ON {table} FROM {role}; GRANT {verbs} ON {table} TO {role}")
        _run(
            connection,
            statement.format(table=sql.Identifier(table.name), role=name, verbs=sql.SQL(verbs)),
        )
