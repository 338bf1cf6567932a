"""The migrations make exactly the tables that the models describe."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, create_engine
from sqlalchemy.schema import SchemaItem

from flowpilot.clock import zone_names
from flowpilot.db.connect import DatabaseUrls, driver_url
from flowpilot.migrations.tables import metadata

# Columns that only the previous release reads. They are dropped once it is no longer the previous one.
LEFT_BEHIND = {("accounts", "last_handoff_event")}


def _is_ours(thing: SchemaItem, name: str | None, kind: str, *_: object) -> bool:
    """The job queue's tables belong to its library."""
    if isinstance(thing, Column):
        return (thing.table.name, name) not in LEFT_BEHIND
    return kind != "table" or not str(name).startswith("procrastinate_")


@pytest.mark.one_server
def test_the_models_and_the_migrated_database_agree(urls: DatabaseUrls) -> None:
    engine = create_engine(driver_url(urls.owner))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "compare_server_default": True, "include_object": _is_ours},
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == [], "Write a migration for what the models changed."


def test_postgresql_knows_every_zone_that_we_accept(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.owner) as owner:
        known = {name for (name,) in owner.execute("SELECT name FROM pg_timezone_names")}
    assert zone_names() <= known


@pytest.mark.one_server
def test_no_triggers_and_no_sequences(urls: DatabaseUrls) -> None:
    """Either would tie the tables to one PostgreSQL server."""
    with psycopg.connect(urls.owner) as owner:
        triggers = owner.execute(
            "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
            "AND tgrelid::regclass::text NOT LIKE 'procrastinate%'"
        ).fetchall()
        sequences = owner.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S' AND relname NOT LIKE 'procrastinate%'"
        ).fetchall()
    assert (triggers, sequences) == ([], [])


def test_every_table_of_the_models_is_in_the_list_that_grants_its_rights() -> None:
    """The list alone is read by an upgrade; here, other modules have brought the models of all features."""
    package = Path(__file__).parents[2] / "flowpilot"
    written = {
        name
        for path in package.rglob("models.py")
        for name in re.findall(r'__tablename__ = "(\w+)"', path.read_text())
    }
    listed = "from flowpilot.migrations.tables import metadata; print(*metadata.tables)"
    answer = subprocess.run([sys.executable, "-c", listed], check=True, capture_output=True, text=True)
    assert written <= set(answer.stdout.split())
