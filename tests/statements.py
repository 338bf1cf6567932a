"""Every statement of the product, planned once by PostgreSQL: does it name the account for every tenant table?

And is the account's event counter the last thing that its transaction locks (docs/decisions/0011)?

Row security makes a statement right that does not, but only one that does can be sent to the one place where its
account lives. The planner is asked because it knows what follows from what: in a join on equal accounts one name
is enough, in a subquery that runs once for each row of another table it is not.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, event

from flowpilot.migrations.tables import APART, TENANT

# The queue stands apart, too: it has workers for all accounts.
_QUEUE = "procrastinate_"

_READS_OR_WRITES = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b")
_HAS_COUNTED = "has_counted"
_TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(?:ONLY\s+)?(\w+)")
_NAMED = re.compile(r"\baccount_id = '[0-9a-f-]{36}'::uuid")
# Anywhere in a statement: `db/together` writes in its parts.
_WRITTEN = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE)\s+(?:ONLY\s+)?(?!SET\b|OF\b|NOWAIT\b|SKIP\b)(\w+)"
)
_LOCKS = re.compile(r"\bFOR\s+(?:NO\s+KEY\s+UPDATE|UPDATE|SHARE|KEY\s+SHARE)\b")
# What belongs to the caller's own request: its answer, kept under its key.
_AFTER_THE_COUNTER = frozenset({"handoff_counters", "handoff_events", "idempotency_keys"})
_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond")


class Statements:
    """The statements that were heard and not yet looked at."""

    def __init__(self, owner: psycopg.Connection[Any]) -> None:
        self._owner = owner
        self._known: set[str] = set()
        self._new: list[tuple[str, Any]] = []
        self._late: list[str] = []

    def begin(self, connection: Connection) -> None:
        """A transaction begins, which has not counted any event yet."""
        connection.info[_HAS_COUNTED] = False

    def hear(self, connection: Connection, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        """Remember a statement with the first parameters that it came with, and whether it comes too late."""
        self._late += late_after(connection.info, statement)
        if statement not in self._known and _READS_OR_WRITES.match(statement):
            self._known.add(statement)
            self._new.append((statement, parameters[0] if isinstance(parameters, list) else parameters))

    def forget(self) -> None:
        """Let what is new be heard again, because nobody is going to look at it now."""
        self._known -= {statement for statement, _ in self._new}
        self._new, self._late = [], []

    def faults(self) -> list[str]:
        """What is wrong with the statements that are new since this was asked last."""
        heard, late, self._new, self._late = self._new, self._late, [], []
        return late + [fault for statement, said in heard for fault in faults_of(self._owner, statement, said)]


def late_after(transaction: dict[Any, Any], statement: str) -> list[str]:
    """What is wrong with a statement if its transaction has counted an event before."""
    has_counted = transaction.get(_HAS_COUNTED, False)
    if "INSERT INTO handoff_counters" in statement and "INSERT INTO handoff_events" in statement:
        transaction[_HAS_COUNTED] = True
    # Which of its tables a statement locks is not plain from its text.
    meant = set((_TABLE if _LOCKS.search(statement) else _WRITTEN).findall(statement))
    is_late = has_counted and meant - _AFTER_THE_COUNTER
    return [f"written or locked after the account's event counter: {statement}"] if is_late else []


def faults_of(owner: psycopg.Connection[Any], statement: str, parameters: Any) -> list[str]:
    """What is wrong with one statement. The owner must be a superuser: to others the policies name the account."""
    tables = set(_TABLE.findall(statement))
    if not tables & TENANT:
        return []
    apart = tables & APART | {table for table in tables if table.startswith(_QUEUE)}
    mixed, unnamed = sorted(apart), sorted(_unnamed(_plan(owner, statement, parameters)))
    return [
        *([f"{', '.join(mixed)} and tenant tables in one statement: {statement}"] if mixed else []),
        *([f"the account is not named for {', '.join(unnamed)}: {statement}"] if unnamed else []),
    ]


def _plan(owner: psycopg.Connection[Any], statement: str, parameters: Any) -> dict[str, Any]:
    found = owner.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {statement}".encode(), parameters).fetchone()
    assert found is not None
    plan: dict[str, Any] = found[0][0]["Plan"]
    return plan


def _unnamed(node: dict[str, Any]) -> set[str]:
    table = node.get("Relation Name")
    is_read = table in TENANT and node["Node Type"] != "ModifyTable"
    conditions = " ".join(str(node.get(condition, "")) for condition in _CONDITIONS)
    own = {str(table)} if is_read and not _NAMED.search(conditions) else set()
    return own.union(*(_unnamed(child) for child in node.get("Plans", [])))


@contextmanager
def hearing(owner_url: str) -> Iterator[Statements]:
    """Hear the statements of every engine meanwhile."""
    with psycopg.connect(
        owner_url, autocommit=True, cursor_factory=psycopg.ClientCursor[tuple[Any, ...]]
    ) as owner:
        statements = Statements(owner)
        event.listen(Engine, "begin", statements.begin)
        event.listen(Engine, "before_cursor_execute", statements.hear)
        yield statements
        event.remove(Engine, "begin", statements.begin)
        event.remove(Engine, "before_cursor_execute", statements.hear)
