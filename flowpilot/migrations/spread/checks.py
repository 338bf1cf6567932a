"""Why the tables cannot be spread now, each with what to do about it."""

from collections.abc import Iterator
from typing import Any

import psycopg

from flowpilot.errors import FlowPilotError
from flowpilot.migrations.spread.plan import spread_tables
from flowpilot.migrations.spread.rules import RULES, breaking
from flowpilot.migrations.tables import APART, TENANT

# Earlier ones were not tried.
OLDEST_CITUS = 14

_Connection = psycopg.Connection[Any]

_OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND application_name NOT LIKE 'citus%'
"""
_PREPARED = "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"
_NODES = "SELECT count(*) FROM pg_dist_node WHERE isactive AND shouldhaveshards AND noderole = 'primary'"
_SETTLE = "Citus settles its own within a minute; end others with ROLLBACK PREPARED (see pg_prepared_xacts)."
_DIFFERENT = """
SELECT count(*) FROM run_command_on_all_nodes('SELECT extversion FROM pg_extension WHERE extname = ''citus''')
WHERE NOT success OR result IS DISTINCT FROM (SELECT extversion FROM pg_extension WHERE extname = 'citus')
"""
_ODD = """
SELECT logicalrelid::text FROM pg_dist_partition
WHERE logicalrelid = ANY(%(apart)s::regclass[])
   OR logicalrelid = ANY(%(tenant)s::regclass[]) AND (partmethod <> 'h'
      OR column_to_column_name(logicalrelid, partkey) <> 'account_id')
"""
_GROUPS = "SELECT count(DISTINCT colocationid) FROM pg_dist_partition WHERE logicalrelid = ANY(%s::regclass[])"


class NotSpreadableError(FlowPilotError):
    """The tables cannot be spread as they are."""


def has_citus(connection: _Connection) -> bool:
    """Whether this database has the extension."""
    return connection.execute("SELECT FROM pg_extension WHERE extname = 'citus'").rowcount > 0


def citus_version(connection: _Connection) -> int:
    """The extension's major version."""
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'citus'").fetchone()
    assert row is not None
    return int(str(row[0]).partition(".")[0])


def obstacles(connection: _Connection) -> Iterator[str]:
    """What is in the way, in plain sentences. Whatever makes later questions senseless comes first, and alone."""
    if not has_citus(connection):
        yield "Citus is not in this database. On every node, as superuser: CREATE EXTENSION citus."
        return
    version = citus_version(connection)
    if version < OLDEST_CITUS:
        yield f"This is Citus {version}; FlowPilot needs {OLDEST_CITUS} or newer. Upgrade it on every node."
        return
    is_superuser = connection.execute("SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper").rowcount
    if not is_superuser:
        yield (
            "Rows under row security can only be moved by a superuser. Set FLOWPILOT_ADMIN_DATABASE_URL to the "
            "same database as a superuser, for this command alone."
        )
        return
    yield from _of_cluster(connection)
    yield from _of_others(connection)
    for rule, what in RULES.items():
        found = breaking(connection, rule)
        if found:
            yield f"There is {what}, which no spread table can have: {', '.join(found)}. This release made none."


def _of_cluster(connection: _Connection) -> Iterator[str]:
    if not _count(connection, _NODES):
        yield "No node is there for shards. As superuser, for each worker: SELECT citus_add_node('HOST', 5432)."
    elif different := _count(connection, _DIFFERENT):
        yield f"{different} nodes do not answer, or have another version of Citus. Run: flowpilot doctor"
    tables = {"tenant": sorted(TENANT), "apart": sorted(APART)}
    odd = [str(row[0]) for row in connection.execute(_ODD.encode(), tables)]
    if odd:
        yield f"These tables were spread in another way: {', '.join(odd)}. Undo it: SELECT undistribute_table(…)."
    elif _count(connection, _GROUPS, sorted(TENANT)) > 1:
        yield "Tables were spread apart from each other. Undo it with undistribute_table, and run this again."


def _of_others(connection: _Connection) -> Iterator[str]:
    if n := _count(connection, _OTHERS):
        yield f"{n} others are connected to this database. Stop all servers and workers first."
    if n := _count(connection, _PREPARED):
        yield f"{n} prepared transactions hold locks. {_SETTLE}"


def _count(connection: _Connection, question: str, *values: object) -> int:
    row = connection.execute(question.encode(), values or None).fetchone()
    assert row is not None
    return int(row[0])


def missing(connection: _Connection) -> list[str]:
    """The tables of accounts that are not spread although others are."""
    if not has_citus(connection):
        return []
    there = spread_tables(connection) & TENANT
    return sorted(TENANT - there) if there else []
