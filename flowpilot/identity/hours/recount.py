"""Working times that are stored beside durations, recomputed from the hours and the moments."""

from collections.abc import Mapping

import psycopg

from flowpilot.identity.hours.queries import stored_history
from flowpilot.working_hours import work_seconds

_MICROSECOND = 1e-6


def recount(
    connection: psycopg.Connection, account_id: object, table: str, durations: Mapping[str, tuple[str, str]]
) -> int:
    """Correct a table's working times of an account; return how many rows were wrong.

    `durations` has the columns between which each working time was counted.
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
                wrong.append((*right, account_id, own_id))
    columns = ", ".join(f"{column} = %s" for column in durations)
    with connection.cursor() as cursor:
        statement = f"UPDATE {table} SET {columns} WHERE account_id = %s AND id = %s"  # noqa: S608
        cursor.executemany(statement.encode(), wrong)
    return len(wrong)


def _differ(stored: float | None, right: float | None) -> bool:
    if stored is None or right is None:
        return stored is not right
    return abs(stored - right) > _MICROSECOND
