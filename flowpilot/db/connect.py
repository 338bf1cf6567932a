"""Find the database: the one configured, or the one embedded in the data directory."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg import OperationalError, connect
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from flowpilot.db.embedded import embedded_postgres
from flowpilot.db.failures import DatabaseUnavailableError
from flowpilot.settings import Settings

OLDEST_VERSION = 16

# By default libpq waits minutes for a server that does not answer, and for ever once it is connected.
LIVELINESS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """The URLs of the two roles: the owner migrates, the runtime role serves. Plain `postgresql://` URLs.

    `embedded_in` is the data directory of an embedded server, whose process has to be kept running.
    """

    owner: str
    runtime: str
    embedded_in: Path | None = None


@contextmanager
def database(settings: Settings, *, create: bool = True) -> Iterator[DatabaseUrls]:
    """The installation's database, which runs as long as the context lasts.

    Args:
        create: whether to create an embedded database and a secret key if there are none.

    Raises:
        NoDatabaseError: there is no embedded database, and `create` is false.
        DatabaseUnavailableError: the configured URL is not a PostgreSQL URL, the server does not answer, or the
            database is too old or cannot store Unicode.
    """
    if settings.database_url is None:
        with embedded_postgres(settings.data_dir, create=create) as owner:
            yield replace(_urls(owner, settings, create=create), embedded_in=settings.data_dir)
    else:
        owner = settings.database_url.get_secret_value()
        _check(owner)
        yield _urls(owner, settings, create=create)


def driver_url(url: str) -> str:
    """The URL for SQLAlchemy, with psycopg as the driver of both sync and async engines."""
    return libpq_url(make_url(url).set(drivername="postgresql+psycopg"))


def _urls(owner: str, settings: Settings, *, create: bool) -> DatabaseUrls:
    url = make_url(owner)
    if settings.runtime_database_url is not None:
        runtime = make_url(settings.runtime_database_url.get_secret_value())
        if runtime.username in {None, url.username} or runtime.database != url.database:
            raise DatabaseUnavailableError(
                "FLOWPILOT_RUNTIME_DATABASE_URL must lead to the same database as FLOWPILOT_DATABASE_URL, as "
                "another role: the owner of the tables could switch off row security."
            )
        return DatabaseUrls(owner, libpq_url(runtime))
    role = f"{url.database}_runtime"
    key = settings.signing_key() if create else settings.known_signing_key()
    if key is None and settings.database_url is not None:
        raise DatabaseUnavailableError(
            f"There is no secret key in {settings.data_dir}, and the password of the role {role} comes from it. "
            "Set FLOWPILOT_SECRET_KEY, or FLOWPILOT_DATA_DIR to the directory of the server."
        )
    # Derived, so that every server with the same secret key knows it without storing it. The embedded database
    # asks for no password.
    password = None if key is None else hmac.new(key.encode(), role.encode(), hashlib.sha256).hexdigest()
    return DatabaseUrls(owner, libpq_url(url.set(username=role, password=password)))


def libpq_url(url: URL) -> str:
    """The URL with its password. SQLAlchemy writes a space in the query as +, which libpq reads as a plus."""
    start, mark, query = url.render_as_string(hide_password=False).partition("?")
    return start + mark + query.replace("+", "%20")


def _check(owner: str) -> None:
    try:
        url = make_url(owner)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in {"postgresql", "postgres"} or not url.database:
        raise DatabaseUnavailableError(
            "FLOWPILOT_DATABASE_URL must look like postgresql://owner:password@host:5432/database."
        )
    plain = libpq_url(url.set(drivername="postgresql"))
    try:
        with connect(plain, connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
            encoding = connection.info.parameter_status("server_encoding")
    except OperationalError as error:
        raise DatabaseUnavailableError(f"The database does not answer: {str(error).strip()}") from error
    if version < OLDEST_VERSION:
        raise DatabaseUnavailableError(f"This is PostgreSQL {version}; FlowPilot needs {OLDEST_VERSION} or newer.")
    if encoding != "UTF8":
        raise DatabaseUnavailableError(f"The database's encoding is {encoding}. Create it with ENCODING 'UTF8'.")
