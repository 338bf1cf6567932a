"""Summing up days: those with news again, each as one snapshot of its rows, which are sessions, pushes and time.

Under REPEATABLE READ the snapshot that the sums are made of is also the one whose news are removed: what commits
meanwhile keeps its mark. Two that sum up the same day exclude each other, since one of them would remove what the
other has removed: PostgreSQL ends it, and `roll` does it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import psycopg

from flowpilot.db.bulk import account_transaction
from flowpilot.psa.days import sums as psa
from flowpilot.sessions.days.news import mark_days
from flowpilot.sessions.days.sums import PARTS, columns, listed
from flowpilot.sessions.records import packed

# Few enough that the work of one that is killed is soon done again.
_DAYS_AT_ONCE = 16

# What ends one of two that sum up the same day. Each time the other has come further, so few attempts are enough.
Collision = (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
_ATTEMPTS = 5

_READ = (
    "status, confidence_tier, problem_domain, matched_flow_id, psa_ticket_id, step_count, answer_count,"
    " free_text_count, session_rating, created_at, resolved_at, work_seconds, last_activity_at"
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
_FRESH = f"""
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

# The days that have any.
_DAYS = "SELECT (created_at AT TIME ZONE 'UTC')::date AS day FROM ai_sessions WHERE account_id = %(account_id)s"


@dataclass(frozen=True, slots=True)
class Summed:
    """What is summed up by day: its tables, the columns with sums, the days that have any, and their sums now."""

    table: str
    news: str
    columns: Sequence[str]
    days: str
    fresh: str

    @property
    def with_news(self) -> str:
        return f"SELECT DISTINCT day FROM {self.news} WHERE account_id = %(account_id)s"  # noqa: S608

    @property
    def store(self) -> str:
        new = ", ".join(f"{name} = excluded.{name}" for name in self.columns)
        return (
            f"INSERT INTO {self.table} (account_id, day, {', '.join(self.columns)}) {self.fresh}"
            f" ON CONFLICT (account_id, day) DO UPDATE SET {new}"
        )

    @property
    def take_news(self) -> str:
        return f"DELETE FROM {self.news} WHERE account_id = %(account_id)s AND day = ANY(%(days)s)"  # noqa: S608

    @property
    def different(self) -> str:
        """Days without news whose sums are not those of their rows."""
        fresh = self.fresh.replace("unnest(%(days)s::date[]) AS day", "day FROM stored")
        return f"""
        WITH stored AS MATERIALIZED (
            SELECT * FROM {self.table} d
            WHERE d.account_id = %(account_id)s AND NOT EXISTS (
                SELECT FROM {self.news} n WHERE n.account_id = %(account_id)s AND n.day = d.day
            )
        ),
        fresh AS ({fresh})
        SELECT stored.day FROM stored JOIN fresh USING (day)
        WHERE {" OR ".join(map(_differs, self.columns))}
        ORDER BY stored.day
        """  # noqa: S608

    @property
    def missing(self) -> str:
        """Days with rows that have neither sums nor news: they would be read from their rows for ever."""
        return f"""
        SELECT day FROM ({self.days}) days
        EXCEPT SELECT day FROM {self.table} WHERE account_id = %(account_id)s
        EXCEPT SELECT day FROM {self.news} WHERE account_id = %(account_id)s
        ORDER BY day
        """  # noqa: S608


# A feature above adds its own.
summed = [
    Summed("session_days", "session_news", _LISTS, _DAYS, _FRESH),
    Summed("session_records", "session_news", packed.COLUMNS, packed.DAYS, packed.FRESH),
    Summed("psa_days", "psa_news", psa.COLUMNS, psa.DAYS, psa.FRESH),
]

# Lists of rounded numbers, whose sums depend on their order.
_ROUNDED = [name for name in _LISTS if name.endswith(("squares", "cubes", "worked"))]


def _differs(name: str) -> str:
    if name not in _ROUNDED:
        return f"stored.{name} IS DISTINCT FROM fresh.{name}"
    return (
        f"EXISTS (SELECT FROM unnest(stored.{name}, fresh.{name}) AS pair (a, b)"
        " WHERE (a IS NULL) <> (b IS NULL) OR abs(a - b) > 1e-9 * greatest(abs(a), abs(b)))"
    )


def _with_news() -> str:
    return " UNION ".join(one.with_news for one in summed)


def roll(url: str, account_id: UUID) -> int:
    """Sum up every day of the account that has news now, the newest first; return how many there were.

    Each few of them are a transaction of their own, which is done again if another one sums up the same days.

    Raises:
        psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected: it was, each time.
    """
    with account_transaction(url, account_id) as connection:
        query = f"{_with_news()} ORDER BY day DESC"
        found = connection.execute(query.encode(), {"account_id": account_id}).fetchall()
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
        query = f"SELECT EXISTS ({_with_news()})"
        found = connection.execute(query.encode(), {"account_id": account_id}).fetchone()
    return found is not None and found[0]


def reconcile(connection: psycopg.Connection, account_id: UUID) -> int:
    """Compare the sums of every day without news with its rows, and mark what differs; return how many do.

    A day with rows and without sums differs, too.

    Sums of powers are made of rounded numbers in no certain order, so they are compared to nine digits.
    """
    values = {"account_id": account_id}
    wrong = set()
    for one in summed:
        found = connection.execute(one.different.encode(), values).fetchall()
        found += connection.execute(one.missing.encode(), values).fetchall()
        days = [day for (day,) in found]
        mark_days(connection, account_id, days, one.news)
        wrong.update(days)
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
    for news in dict.fromkeys(one.news for one in summed):
        # Tables that are made of the same rows have their marks together.
        ones = [one for one in summed if one.news == news]
        values = {"account_id": account_id, "days": list(days)}
        query = f"{ones[0].with_news} AND day = ANY(%(days)s)"
        values["days"] = [day for (day,) in connection.execute(query.encode(), values).fetchall()]
        if values["days"]:
            for one in ones:
                connection.execute(one.store.encode(), values)
            connection.execute(ones[0].take_news.encode(), values)
