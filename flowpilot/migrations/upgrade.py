"""Migrate a database, and grant the runtime role exactly what it needs."""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, Table, create_engine

from flowpilot.errors import FlowPilotError
from flowpilot.migrations.spread.checks import missing
from flowpilot.migrations.tables import metadata

MIGRATIONS = Path(__file__).parent


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


@lru_cache(maxsize=1)
def known_revisions() -> tuple[str, ...]:
    """Every revision, from the first to the newest."""
    script = ScriptDirectory.from_config(alembic_config())
    return tuple(reversed([revision.revision for revision in script.walk_revisions()]))


class UpgradeError(FlowPilotError):
    """The database is not at the newest revision, or cannot be migrated to it."""


def upgrade(owner_url: str, runtime_role: str, password: str | None) -> None:
    """Migrate to the newest revision, then create `runtime_role` (when a password is given) and its grants.

    Args:
        owner_url: a `postgresql+psycopg://` URL of the role that owns the tables.
        runtime_role: the role that serves requests; it owns nothing and cannot bypass row security.
        password: the role's password, or None if the role is managed elsewhere.

    Raises:
        UpgradeError: a newer release has migrated the database, or its owner may not create the role.
    """
    engine = create_engine(owner_url, hide_parameters=True)
    try:
        migrate(engine)
        with engine.begin() as connection:
            # The same lock as for migrations: two servers that start together must not both create the role.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('flowpilot migrations'))")
            if password is not None:
                _ensure_role(connection, runtime_role, password)
            elif not _role_exists(connection, runtime_role):
                raise UpgradeError(
                    f"FLOWPILOT_RUNTIME_DATABASE_URL names the role {runtime_role}, which does not exist."
                )
            _grant(connection, runtime_role)
            _check_spread(connection)
    finally:
        engine.dispose()


def migrate(engine: Engine, to: str | None = None) -> None:
    """Run the migrations that the database has not seen, up to `to` or all of them, each in its own transaction.

    So a migration's locks are released before the next migration begins.

    Raises:
        UpgradeError: a newer release has migrated the database.
    """
    with engine.begin() as connection:
        present = _revision(connection)
    known = known_revisions()
    first = 0 if present is None else known.index(present) + 1
    last = len(known) if to is None else known.index(to) + 1
    for revision in known[first:last]:
        with engine.begin() as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)


def _check_spread(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    if left := missing(driver):
        raise UpgradeError(
            f"The accounts are spread over machines, but these new tables are not: {', '.join(left)}. Stop all "
            "servers and workers, and run: flowpilot db distribute"
        )


def check_revision(owner_url: str) -> None:
    """Make sure that the database is at the newest revision.

    Raises:
        UpgradeError: it is at another one.
    """
    engine = create_engine(owner_url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            revision = _revision(connection)
    finally:
        engine.dispose()
    if revision != newest_revision():
        found = "has no tables" if revision is None else f"is at revision {revision}, not {newest_revision()}"
        raise UpgradeError(f"The database {found}. Run: flowpilot db upgrade")


def _revision(connection: Connection) -> str | None:
    """The database's revision; None before the first migration."""
    is_ours = connection.exec_driver_sql("SELECT to_regclass('public.alembic_version') IS NOT NULL").scalar_one()
    if not is_ours:
        return None
    revision: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision is not None and revision not in known_revisions():
        raise UpgradeError(
            f"A newer FlowPilot has migrated the database (to {revision}). Run that version or newer."
        )
    return revision


def _run(connection: Connection, statement: sql.Composable) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(statement)


def _role_exists(connection: Connection, role: str) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).first() is not None


def _ensure_role(connection: Connection, role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not _role_exists(connection, role):
        try:
            _run(connection, sql.SQL("CREATE ROLE {}").format(name))
        except InsufficientPrivilege as error:
            raise UpgradeError(
                f"The owner may not create the runtime role {role}. Grant it CREATEROLE, or create a role "
                "yourself and set FLOWPILOT_RUNTIME_DATABASE_URL."
            ) from error
    driver = connection.connection.driver_connection
    assert driver is not None
    # The verifier is computed here, so that the password itself reaches no server log.
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    _run(
        connection,
        sql.SQL("ALTER ROLE {} LOGIN NOINHERIT PASSWORD {}").format(name, sql.Literal(verifier)),
    )


def _grant(connection: Connection, role: str) -> None:
    name = sql.Identifier(role)
    _run(connection, sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    _run(connection, sql.SQL("GRANT SELECT ON alembic_version, installation TO {}").format(name))
    for function in ("analyze_sessions()", "clear_imported_sessions(uuid, uuid[])"):
        _run(connection, sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), name))
    _grant_jobs(connection, name)
    for table in metadata.sorted_tables:
        privileges = _append(table) if table.info.get("append_only") else "SELECT, INSERT, UPDATE, DELETE"
        statement = sql.SQL("REVOKE ALL ON {table} FROM {role}; GRANT {privileges} ON {table} TO {role}")
        _run(
            connection,
            statement.format(table=sql.Identifier(table.name), role=name, privileges=sql.SQL(privileges)),
        )


def _append(table: Table) -> str:
    """What the runtime role may do with an append-only table. Words that are removed for good are overwritten."""
    words = table.info.get("removable")
    return f"SELECT, INSERT, UPDATE ({', '.join(words)})" if words else "SELECT, INSERT"


def _grant_jobs(connection: Connection, role: sql.Identifier) -> None:
    """The job queue belongs to the library, and holds no tenant data: its jobs carry ids only."""
    driver = connection.connection.driver_connection
    assert driver is not None
    relations = driver.execute(
        "SELECT relname, relkind = 'S' FROM pg_class "
        "WHERE relname LIKE 'procrastinate%' AND relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    for relation, is_sequence in relations:
        what = "USAGE ON SEQUENCE" if is_sequence else "SELECT, INSERT, UPDATE, DELETE ON"
        grant = f"GRANT {what} {{}} TO {{}}"
        _run(connection, sql.SQL(grant).format(sql.Identifier(relation), role))
