"""Summing up days: those with news again, each as one snapshot of its sessions.

Under REPEATABLE READ the snapshot that the sums are made of is also the one whose news are removed: what commits
meanwhile keeps its mark. Two that sum up the same day exclude each other, since one of them would remove what the
other has removed: PostgreSQL ends it, and `roll` does it again.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import psycopg

from flowpilot.db.bulk import account_transaction
from flowpilot.sessions.days.news import mark_days
from flowpilot.sessions.days.sums import PARTS, columns, listed

# Few enough that the work of one that is killed is soon done again.
_DAYS_AT_ONCE = 16

# What ends one of two that sum up the same day. Each time the other has come further, so few attempts are enough.
Collision = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_ATTEMPTS = 5

_READ = (
    "status, confidence_tier, problem_domain, matched_flow_id, psa_ticket_id, step_count, session_rating,"
    " created_at, resolved_at, work_seconds"
)


def _summed(part: str) -> str:
    """Two CTEs: a row for each group of each day, and for each day its lists."""
    group, sums, condition = PARTS[part]
    names = columns(part)
    by = ", ".join(str(number) for number in range(1, 2 + len(group)))
    lists = ", ".join(f"array_agg({name} ORDER BY {', '.join(group)}) AS {part}_{name}" for name in names)
    return f"""
    {part}s AS (
        SELECT day, {listed(group)}, {listed(sums)} FROM theirs WHERE {condition} GROUP BY {by}
    ),
    {part}_lists AS (SELECT day, {lists} FROM {part}s GROUP BY day)"""  # noqa: S608 - all are our own constants


_LISTS = [f"{part}_{name}" for part in PARTS for name in columns(part)]

# Of the days given, the sums as they are now.
FRESH = f"""
WITH days AS (SELECT unnest(%(days)s::date[]) AS day),
theirs AS MATERIALIZED (
    SELECT days.day, s.* FROM days CROSS JOIN LATERAL (
        SELECT {_READ} FROM ai_sessions
        WHERE account_id = %(account_id)s
          AND created_at >= days.day::timestamp AT TIME ZONE 'UTC'
          AND created_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
        OFFSET 0
    ) s
), {", ".join(map(_summed, PARTS))}
SELECT %(account_id)s::uuid AS account_id, days.day,
       {", ".join(f"coalesce({name}, '{{}}') AS {name}" for name in _LISTS)}
FROM days {" ".join(f"LEFT JOIN {part}_lists USING (day)" for part in PARTS)}
"""  # noqa: S608

_STORE = f"""
INSERT INTO session_days (account_id, day, {", ".join(_LISTS)}) {FRESH}
ON CONFLICT (account_id, day) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in _LISTS)}
"""

_WITH_NEWS = "SELECT DISTINCT day FROM session_news WHERE account_id = %(account_id)s"
_TAKE_NEWS = "DELETE FROM session_news WHERE account_id = %(account_id)s AND day = ANY(%(days)s)"


# Lists of rounded numbers, whose sums depend on their order.
_ROUNDED = [name for name in _LISTS if name.endswith(("squares", "cubes", "worked"))]


def _differs(name: str) -> str:
    if name not in _ROUNDED:
        return f"stored.{name} IS DISTINCT FROM fresh.{name}"
    return (
        f"EXISTS (SELECT FROM unnest(stored.{name}, fresh.{name}) AS pair (a, b)"
        " WHERE (a IS NULL) <> (b IS NULL) OR abs(a - b) > 1e-9 * greatest(abs(a), abs(b)))"
    )


# Days without news whose sums are not those of their sessions.
_DIFFERENT = f"""
WITH stored AS MATERIALIZED (
    SELECT * FROM session_days d
    WHERE d.account_id = %(account_id)s AND NOT EXISTS (
        SELECT FROM session_news n WHERE n.account_id = %(account_id)s AND n.day = d.day
    )
),
fresh AS ({FRESH.replace("unnest(%(days)s::date[]) AS day", "day FROM stored")})
SELECT stored.day FROM stored JOIN fresh USING (day)
WHERE {" OR ".join(map(_differs, _LISTS))}
ORDER BY stored.day
"""  # noqa: S608

# Days with sessions that have neither sums nor news: they would be read from their rows for ever.
_MISSING = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day FROM ai_sessions WHERE account_id = %(account_id)s
EXCEPT SELECT day FROM session_days WHERE account_id = %(account_id)s
EXCEPT SELECT day FROM session_news WHERE account_id = %(account_id)s
ORDER BY day
"""


def roll(url: str, account_id: UUID) -> int:
    """Sum up every day of the account that has news now, the newest first; return how many there were.

    Each few of them are a transaction of their own, which is done again if another one sums up the same days.

    Raises:
        psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected: it was, each time.
    """
    with account_transaction(url, account_id) as connection:
        found = connection.execute(f"{_WITH_NEWS} ORDER BY day DESC", {"account_id": account_id}).fetchall()
    days = [day for (day,) in found]
    for first in range(0, len(days), _DAYS_AT_ONCE):
        _roll_in_the_end(url, account_id, days[first : first + _DAYS_AT_ONCE])
    return len(days)


def _roll_in_the_end(url: str, account_id: UUID, days: Sequence[date]) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with account_transaction(url, account_id) as connection:
                roll_days(connection, account_id, days)
        except Collision:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def has_news(url: str, account_id: UUID) -> bool:
    """Whether any day of the account has news."""
    with account_transaction(url, account_id) as connection:
        query = "SELECT EXISTS (SELECT FROM session_news WHERE account_id = %s)"
        found = connection.execute(query, (account_id,)).fetchone()
    return found is not None and found[0]


def reconcile(connection: psycopg.Connection, account_id: UUID) -> int:
    """Compare the sums of every day without news with its sessions, and mark what differs; return how many do.

    A day with sessions and without sums differs, too.

    Sums of powers are made of rounded numbers in no certain order, so they are compared to nine digits.
    """
    values = {"account_id": account_id}
    found = connection.execute(_DIFFERENT.encode(), values).fetchall()
    found += connection.execute(_MISSING, values).fetchall()
    wrong = [day for (day,) in found]
    mark_days(connection, account_id, wrong)
    return len(wrong)


def roll_days(connection: psycopg.Connection, account_id: UUID, days: Sequence[date]) -> None:
    """Sum up those of the days that have news, at the beginning of a transaction."""
    begin(connection)
    sum_up(connection, account_id, days)


def begin(connection: psycopg.Connection) -> None:
    """Have one snapshot for all of the transaction, from its next statement on."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def sum_up(connection: psycopg.Connection, account_id: UUID, days: Sequence[date]) -> None:
    """Sum up those of the days that have news in the snapshot, and remove these."""
    values = {"account_id": account_id, "days": list(days)}
    found = connection.execute(f"{_WITH_NEWS} AND day = ANY(%(days)s)", values).fetchall()
    values["days"] = [day for (day,) in found]
    connection.execute(_STORE.encode(), values)
    connection.execute(_TAKE_NEWS, values)
