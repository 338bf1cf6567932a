"""What spreads the tables of accounts over machines: the statements that are still to be run, in their order.

They come from what the catalogue says, so that running them again after an interruption goes on where it ended.
"""

from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql

from flowpilot.migrations.tables import TENANT

_Connection = psycopg.Connection[Any]

_TO_ACCOUNTS = """
SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) AND confrelid = 'accounts'::regclass
ORDER BY 1, 2
"""
_PARENTS = """
SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND conrelid = ANY(%(tenant)s::regclass[]) AND confrelid = ANY(%(tenant)s::regclass[])
  AND conrelid <> confrelid
"""
_SPREAD = "SELECT logicalrelid::text FROM pg_dist_partition WHERE partmethod = 'h'"
_HINTS = """
SELECT attrelid::regclass::text, attname, array_to_string(attoptions, ', ') FROM pg_attribute
WHERE attrelid = ANY(%s::regclass[]) AND attoptions IS NOT NULL ORDER BY 1, 2
"""
_WITHOUT_HINT = "SELECT EXISTS (SELECT FROM run_command_on_shards(%s, %s) WHERE result IS DISTINCT FROM %s)"
_HINT_OF = (
    "SELECT array_to_string(attoptions, ', ') FROM pg_attribute WHERE attrelid = '%s'::regclass AND attname = {}"
)
_IS_SET = """
SELECT EXISTS (
    SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
    WHERE d.datname = current_database() AND s.setrole = 0
      AND 'citus.propagate_set_commands=local' = ANY(s.setconfig)
)
"""


def spread_tables(connection: _Connection) -> set[str]:
    """The tables that are spread by now."""
    return {name for (name,) in connection.execute(_SPREAD)}


def steps(connection: _Connection) -> Iterator[str]:
    """The statements that are still to be run. Each is asked for when those before it have been run."""
    tables = sorted(TENANT)
    if not _answer(connection, _IS_SET):
        name = sql.Identifier(connection.info.dbname).as_string(connection)
        yield f"ALTER DATABASE {name} SET citus.propagate_set_commands = 'local'"
    for table, constraint in connection.execute(_TO_ACCOUNTS, [tables]).fetchall():
        yield f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
    ordered, there = order(connection), spread_tables(connection)
    for table in ordered:
        if table not in there:
            beside = "none" if table == ordered[0] else ordered[0]
            yield f"SELECT create_distributed_table('{table}', 'account_id', colocate_with => '{beside}')"
    for table in reversed(ordered):
        if _answer(connection, "SELECT pg_relation_size(%s::regclass) > 0", table):
            yield f"SELECT truncate_local_data_after_distributing_table('{table}')"
    for table, column, options in connection.execute(_HINTS, [tables]).fetchall():
        of_shard = _HINT_OF.format(f"'{column}'")
        if table not in there or _answer(connection, _WITHOUT_HINT, table, of_shard, options):
            change = f"ALTER TABLE %s ALTER COLUMN {column} SET ({options})"
            yield f"SELECT * FROM run_command_on_shards('{table}', '{change}')"  # noqa: S608


def order(connection: _Connection) -> Sequence[str]:
    """The tables of accounts, each after those that its foreign keys lead to."""
    sorter = TopologicalSorter[str]({table: set() for table in sorted(TENANT)})
    for child, parent in connection.execute(_PARENTS, {"tenant": sorted(TENANT)}).fetchall():
        sorter.add(child, parent)
    sorter.prepare()
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return ordered


def _answer(connection: _Connection, question: str, *values: object) -> bool:
    row = connection.execute(question.encode(), values).fetchone()
    assert row is not None
    return bool(row[0])
