"""Which cases of a staged log the account has, and which of those the log may add to."""

from collections.abc import Mapping as Named
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection

from flowpilot.imports.case.equal import EqualNumbers
from flowpilot.imports.known.numbers import find_elsewhere
from flowpilot.imports.known.untouched import keep_untouched
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.sessions.reading.tickets import ticket_key

_SHOWN_TICKETS = 5
# Under row security an index is used only for a comparison with what has been computed before. And what a query
# asks of temporary tables alone comes first: with shards, it is not mixed with what is asked of accounts' tables.
_OF_ONE_SYSTEM = f"""
INSERT INTO same
WITH called AS MATERIALIZED (
    SELECT case_id, number, {ticket_key("number")} AS key
    FROM (SELECT DISTINCT case_id, cells->>%(place)s::int AS number FROM staged) c
    WHERE NOT EXISTS (SELECT FROM same WHERE same.case_id = c.case_id)
)
SELECT called.case_id, s.id FROM called
JOIN ai_sessions s ON s.ticket_key = called.key AND s.psa_ticket_id = called.number
WHERE s.account_id = %(account)s AND EXISTS (
    SELECT FROM import_cases c JOIN import_runs r ON r.account_id = c.account_id AND r.id = c.run_id
    WHERE c.account_id = %(account)s AND c.session_id = s.id AND r.rules->'mapping'->>'system' = %(system)s
)
"""  # noqa: S608 - It is made of our own constants.
_SAME_NUMBER = """
INSERT INTO same
WITH called AS MATERIALIZED (
    SELECT DISTINCT case_id FROM staged WHERE NOT EXISTS (SELECT FROM same WHERE same.case_id = staged.case_id)
)
SELECT DISTINCT called.case_id, c.session_id FROM called
JOIN import_cases c ON c.rows->-1->>%(place)s::int = called.case_id
WHERE c.account_id = %(account)s AND c.run_id = %(run)s
"""
# What only imports of other systems have said something of: another ticket, though it has the same number.
_ELSEWHERE = """
CREATE TEMP TABLE elsewhere ON COMMIT DROP AS SELECT DISTINCT c.session_id AS id FROM import_cases c
WHERE c.account_id = %(account)s AND c.run_id = ANY(%(others)s) AND NOT EXISTS (
    SELECT FROM import_cases o WHERE o.account_id = %(account)s AND o.session_id = c.session_id
    AND o.run_id <> ALL(%(others)s)
)
"""
ALIKE = f"""
WITH called AS MATERIALIZED (
    SELECT case_id, {ticket_key("case_id")} AS key FROM (SELECT DISTINCT case_id FROM staged) c
)
SELECT called.case_id, s.id FROM called JOIN ai_sessions s ON s.ticket_key = called.key
LEFT JOIN elsewhere ON elsewhere.id = s.id
WHERE s.account_id = %(account)s AND elsewhere.id IS NULL
"""  # noqa: S608 - It is made of our own constants.
# Sessions whose ticket's number is written as in the log, and those where it is written in another way.
_SAME = f"CREATE TEMP TABLE same ON COMMIT DROP AS {ALIKE} AND s.psa_ticket_id = called.case_id"
_SPELLED = f"CREATE TEMP TABLE spelled ON COMMIT DROP AS {ALIKE} AND s.psa_ticket_id <> called.case_id"
_SAME_SPELLED = """
INSERT INTO same
WITH single AS MATERIALIZED (
    SELECT min(p.case_id) AS case_id, p.id FROM spelled p
    WHERE NOT EXISTS (SELECT FROM same WHERE same.case_id = p.case_id)
        AND NOT EXISTS (SELECT FROM same WHERE same.id = p.id)
        AND NOT EXISTS (SELECT FROM spelled o WHERE o.case_id = p.case_id AND o.id <> p.id)
    GROUP BY p.id
)
SELECT DISTINCT single.case_id, single.id FROM single JOIN import_cases c ON c.session_id = single.id
WHERE c.account_id = %(account)s
"""
_TAKEN = """
CREATE TEMP TABLE taken ON COMMIT DROP AS SELECT case_id FROM (
    SELECT case_id FROM same UNION SELECT case_id FROM spelled
) c WHERE NOT EXISTS (SELECT FROM known WHERE known.case_id = c.case_id)
"""
_DROP = """
WITH gone AS (DELETE FROM staged USING taken WHERE staged.case_id = taken.case_id RETURNING staged.case_id)
SELECT count(*), count(DISTINCT case_id) FROM gone
"""


# Imports of other systems than the mapping's. What names no system is the same as any, until somebody says of a
# system that its tickets are other ones.
_OTHERS = """
WITH said AS (
    SELECT id, rules->'mapping'->>'system' AS system, rules->'mapping'->>'equal_numbers' AS equal_numbers
    FROM import_runs WHERE account_id = %(account)s AND rules IS NOT NULL
), apart AS (SELECT system FROM said WHERE equal_numbers = 'other' UNION SELECT %(apart)s::text)
SELECT coalesce(array_agg(id), '{}') FROM said WHERE CASE
    WHEN %(system)s::text IS NULL THEN system IN (SELECT system FROM apart)
    ELSE system <> %(system)s OR (system IS NULL AND %(system)s IN (SELECT system FROM apart)) END
"""
_SEVERAL = """
SELECT m.case_id FROM same m JOIN import_cases c ON c.session_id = m.id
WHERE c.account_id = %s GROUP BY 1 HAVING count(DISTINCT m.id) > 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class KnownTickets:
    """The sessions that a log adds to, by ticket; and how many rows and cases were dropped.

    `equal` is what is known of other tickets with their numbers.
    """

    sessions: Named[str, UUID]
    rows_dropped: int
    cases_dropped: int
    equal: EqualNumbers


def find_known(connection: Connection, account_id: UUID, mapping: Mapping, *, lock: bool = True) -> KnownTickets:
    """Find the tickets in `staged` that the account has. Those stay which imports alone have brought and written.

    A ticket with a session of our own, or with one that somebody has worked on, is dropped from `staged`. How its
    number is written makes no difference: #4711 is 4711, and inc1 is INC1. A ticket that another import knows by
    its other number is the same if both mappings name one ticket system, or a person has said so, and another one
    if all that told of it name other systems. Those that stay are locked, unless the log is only looked at.
    """
    _find_same(connection, account_id, mapping)
    equal = _equal_numbers(connection, account_id, mapping)
    found = connection.execute(
        "CREATE TEMP TABLE known ON COMMIT DROP AS WITH single AS MATERIALIZED ("
        " SELECT case_id, id FROM same m"
        " WHERE NOT EXISTS (SELECT FROM same o WHERE o.case_id = m.case_id AND o.id <> m.id))"
        " SELECT i.id, single.case_id FROM single JOIN import_items i ON i.id = single.id"
        " WHERE i.account_id = %(account)s"
        " AND EXISTS (SELECT FROM import_cases c WHERE c.account_id = %(account)s AND c.session_id = i.id)",
        {"account": account_id},
    )
    if found.rowcount:
        connection.execute("ANALYZE known")
        keep_untouched(connection, account_id, "known", lock=lock)
    connection.execute(_TAKEN)
    dropped = connection.execute(_DROP).fetchone()
    assert dropped is not None
    rows, cases = dropped
    sessions = connection.execute("SELECT case_id, id FROM known").fetchall()
    return KnownTickets(dict(sessions), rows, cases, equal)


def _equal_numbers(connection: Connection, account_id: UUID, mapping: Mapping) -> EqualNumbers:
    equal = EqualNumbers(mapping, find_elsewhere(connection, account_id, mapping))
    if mapping.system is None:
        several = [ticket for (ticket,) in connection.execute(_SEVERAL, (account_id,))]
        equal.several, equal.several_tickets = len(several), several[:_SHOWN_TICKETS]
    return equal


def _find_same(connection: Connection, account_id: UUID, mapping: Mapping) -> None:
    """Put the sessions of the tickets in `staged` into the temporary table `same`."""
    apart = mapping.system if mapping.equal_numbers == "other" else None
    named = {"account": account_id, "system": mapping.system, "apart": apart}
    others = connection.execute(_OTHERS, named).fetchone()
    assert others is not None
    connection.execute(_ELSEWHERE.encode(), {"account": account_id, "others": others[0]})
    found = connection.execute(_SAME.encode(), {"account": account_id})
    spelled = connection.execute(_SPELLED.encode(), {"account": account_id})
    if spelled.rowcount:
        connection.execute(_SAME_SPELLED, {"account": account_id})
    if mapping.system is not None:
        _find_other_numbers(connection, account_id, mapping, mapping.system)
    if found.rowcount:
        connection.execute("ANALYZE same")


def _find_other_numbers(connection: Connection, account_id: UUID, mapping: Mapping, system: str) -> None:
    """Add those that the other import, of the file or of the ticket system itself, calls by another number."""
    if mapping.case.number is not None:
        place = list(mapping.uses).index(mapping.case.number)
        named = {"account": account_id, "place": place, "system": system}
        connection.execute(_OF_ONE_SYSTEM.encode(), named)
        return
    runs = (
        "SELECT id, rules->'columns', rules->'mapping'->'case'->>'number' FROM import_runs WHERE account_id = %s"
        " AND rules->'mapping'->>'system' = %s AND rules->'mapping'->'case'->>'number' IS NOT NULL"
    )
    for run_id, columns, number in connection.execute(runs, (account_id, system)).fetchall():
        named = {"account": account_id, "run": run_id, "place": columns.index(number)}
        connection.execute(_SAME_NUMBER.encode(), named)
