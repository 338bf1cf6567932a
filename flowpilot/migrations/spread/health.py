"""Whether a database that is spread over machines is sound, for `flowpilot doctor`."""

from collections.abc import Iterator
from typing import Any

import psycopg

from flowpilot.migrations.spread.checks import OLDEST_CITUS, citus_version, has_citus
from flowpilot.migrations.spread.plan import spread_tables
from flowpilot.migrations.tables import TENANT

_Connection = psycopg.Connection[Any]
_Check = tuple[bool, str]

_IS_FORCED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = ''%s''::regclass"
_UNFORCED = "SELECT count(*) FROM run_command_on_shards('{}', '{}') WHERE result IS DISTINCT FROM 't'"
_POLICIES = """
SELECT string_agg(concat_ws(' ', polname, polcmd, polpermissive, coalesce(pg_get_expr(polqual, polrelid), '-'),
    coalesce(pg_get_expr(polwithcheck, polrelid), '-')), '; ' ORDER BY polname)
FROM pg_policy WHERE polrelid = '%s'::regclass
"""
_OTHER_POLICIES = "SELECT count(*) FROM run_command_on_shards(%s, %s) WHERE result IS DISTINCT FROM %s"
_OLD_PREPARED = "SELECT count(*) FROM pg_prepared_xacts WHERE prepared < now() - interval ''1 minute''"
_NODES = "SELECT success, result FROM run_command_on_all_nodes('{}')"
_MEMBERS = "SELECT colocationid FROM pg_dist_partition WHERE logicalrelid = ANY(%s::regclass[])"


def checks(owner_url: str, runtime_url: str) -> Iterator[_Check]:
    """What can be wrong, and whether it is. Nothing, if the database is on one machine."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        if not has_citus(owner) or not spread_tables(owner) & TENANT:
            return
        yield citus_version(owner) >= OLDEST_CITUS, f"Citus {citus_version(owner)} ({OLDEST_CITUS} or newer)"
        with psycopg.connect(runtime_url, autocommit=True) as runtime:
            yield from _as_runtime(runtime)
        yield from _tables(owner)
        yield from _owner(owner)


def _as_runtime(runtime: _Connection) -> Iterator[_Check]:
    answers = runtime.execute(_NODES.format("SELECT 1").encode()).fetchall()
    silent = sum(not success for success, _ in answers)
    yield silent == 0, f"{len(answers) - silent} of {len(answers)} nodes answer the runtime role"
    passed_on = runtime.execute("SHOW citus.propagate_set_commands").fetchone()
    yield (
        passed_on == ("local",),
        "a transaction's account is passed on to every node (propagate_set_commands)",
    )


def _tables(owner: _Connection) -> Iterator[_Check]:
    missing = sorted(TENANT - spread_tables(owner))
    yield not missing, f"every table of accounts is spread{_named(missing)}; if not, run: flowpilot db distribute"
    groups = {group for (group,) in owner.execute(_MEMBERS, [sorted(TENANT)])}
    yield len(groups) == 1, "all rows of an account are on one node"
    open_to_owner = [
        table
        for table in sorted(TENANT - set(missing))
        if owner.execute(_UNFORCED.format(table, _IS_FORCED).encode()).fetchone() != (0,)
    ]
    yield not open_to_owner, f"row security is forced on every shard{_named(open_to_owner)}"
    others = [table for table in sorted(TENANT - set(missing)) if _has_other_policies(owner, table)]
    yield not others, f"every shard has the policies of its table{_named(others)}"


def _has_other_policies(owner: _Connection, table: str) -> bool:
    its_own = owner.execute((_POLICIES % table).encode()).fetchone()
    assert its_own is not None
    return owner.execute(_OTHER_POLICIES, [table, _POLICIES, its_own[0]]).fetchone() != (0,)


def _owner(owner: _Connection) -> Iterator[_Check]:
    bypasses = owner.execute("SELECT FROM pg_roles WHERE rolname = current_user AND rolbypassrls").rowcount
    is_superuser = owner.execute("SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper").rowcount
    yield (
        is_superuser > 0 or bypasses == 0,
        "the owner is under row security, too (after moving shards: ALTER ROLE … NOBYPASSRLS)",
    )
    answers = owner.execute(_NODES.format(_OLD_PREPARED).encode()).fetchall()
    left = sum(int(result) for success, result in answers if success)
    yield left == 0, f"no prepared transaction is older than a minute ({left} are; they hold their locks)"


def _named(tables: list[str]) -> str:
    return f" (not {', '.join(tables)})" if tables else ""
