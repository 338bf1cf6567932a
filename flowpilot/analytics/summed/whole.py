"""Days that are read whole, also those at the edges of a window: a report takes of them what it is about."""


def whole_days(days: str, news: str, first: str, last: str, end: str) -> str:
    """Two parts (`WITH`): the days of a table from one to another without news, and the stretches between them.

    Args:
        days: the table of days, and `news` that of marks, both by account and day.
        first: the moment, in SQL, of whose day on days are asked for, and where the first stretch begins.
        last: the moment on the last day.
        end: where the last stretch ends.
    """
    return f"""
clean AS MATERIALIZED (
    SELECT * FROM {days} d
    WHERE d.account_id = :account_id
      AND d.day >= ({first} AT TIME ZONE 'UTC')::date
      AND d.day <= ({last} AT TIME ZONE 'UTC')::date
      AND NOT EXISTS (SELECT FROM {news} n WHERE n.account_id = :account_id AND n.day = d.day)
),
stretches AS MATERIALIZED (
    SELECT since AS day, since, until FROM (
        SELECT lag(ends, 1, {first}) OVER (ORDER BY begins) AS since, begins AS until FROM (
            SELECT day::timestamp AT TIME ZONE 'UTC' AS begins, (day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
            FROM clean
            UNION ALL SELECT {end}, NULL
        ) bounds
    ) between_days WHERE since < until
)"""
