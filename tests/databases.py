"""Data directories with a migrated database: made once in a run, and copied for tests that need their own."""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import make_url

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.db.locks import file_lock
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings

_SECRET = SecretStr("s" * 32)
# No test switches the machine off, and a server that is killed loses nothing that it has handed to the kernel.
_UNSAFE_IF_POWER_FAILS = "fsync = off\nfull_page_writes = off\n"


def settings_of(data_dir: Path) -> Settings:
    """Settings of an installation in that directory, in which tests may sign in as often as they like."""
    return Settings(data_dir=data_dir, secret_key=_SECRET, login_attempts_per_minute_per_address=100_000)


def copy_migrated(run: Path, data_dir: Path) -> None:
    """Put a migrated database into `data_dir`.

    Args:
        run: a directory that all workers of this test run share; the template is made there by the first of them.
        data_dir: the directory to make.
    """
    template = run / "template"
    with file_lock(run / "template.lock", fcntl.LOCK_EX):
        if not template.exists():
            draft = run / "draft"
            with migrated_database(settings_of(draft)):
                pass
            with (draft / "postgres" / "postgresql.auto.conf").open("a") as settings:
                settings.write(_UNSAFE_IF_POWER_FAILS)
            draft.rename(template)
    # The cluster belongs to the user who runs PostgreSQL, which is another user if this is root.
    subprocess.run(["cp", "--archive", "--reflink=auto", template, data_dir], check=True)  # noqa: S607


def url_as(base: str, user: str, name: str) -> str:
    """The same server's URL with another role and database."""
    return libpq_url(make_url(base).set(username=user, database=name))


@contextmanager
def empty_database(urls: DatabaseUrls) -> Iterator[str]:
    """The URL of an empty database, whose owner may create roles but is not a superuser."""
    name = f"external_{new_id().hex}"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        role = sql.Identifier(name)
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE NOSUPERUSER").format(role))
        owner.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
        yield url_as(urls.owner, name, name)
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(role))
