"""Working times that are stored beside durations, recomputed from the hours and the moments."""

from collections.abc import Callable, Mapping
from uuid import UUID

import psycopg

from flowpilot.identity.hours.queries import stored_history
from flowpilot.working_hours import work_seconds

_MICROSECOND = 1e-6

# What counts an account's working times again, of each table that has some. Wiring says which there are.
recounts: list[Callable[[psycopg.Connection, UUID], int]] = []


def recount(
    connection: psycopg.Connection, account_id: object, table: str, durations: Mapping[str, tuple[str, str]]
) -> int:
    """Correct a table's working times of an account; return how many rows were wrong.

    `durations` has the columns between which each working time was counted. A row that changes meanwhile keeps
    what the change has stored.
    """
    history = stored_history(connection, account_id)
    ends = [f"{column}, {start}, {end}" for column, (start, end) in durations.items()]
    is_stored = " OR ".join(f"{column} IS NOT NULL" for column in durations)
    # An account that never had hours has nothing to store. Names are our own constants; values are bound.
    query = f"SELECT id, {', '.join(ends)} FROM {table} WHERE account_id = %s AND (%s OR {is_stored})"  # noqa: S608
    wrong = []
    with connection.cursor(name="recount") as cursor:
        for own_id, *values in cursor.execute(query.encode(), (account_id, bool(history.moments))):
            stored, starts, stops = values[::3], values[1::3], values[2::3]
            right = [work_seconds(start, end, history) for start, end in zip(starts, stops, strict=True)]
            if any(map(_differ, stored, right)):
                wrong.append((*right, account_id, own_id, *starts, *stops))
    columns = ", ".join(f"{column} = %s" for column in durations)
    moments = [start for start, _ in durations.values()] + [end for _, end in durations.values()]
    same = " AND ".join(f"{column} IS NOT DISTINCT FROM %s" for column in moments)
    with connection.cursor() as cursor:
        statement = f"UPDATE {table} SET {columns} WHERE account_id = %s AND id = %s AND {same}"  # noqa: S608
        cursor.executemany(statement.encode(), wrong)
    return len(wrong)


def _differ(stored: float | None, right: float | None) -> bool:
    if stored is None or right is None:
        return stored is not right
    return abs(stored - right) > _MICROSECOND
