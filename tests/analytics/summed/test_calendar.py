"""A quarter of an hour is of the day that PostgreSQL says, also where a clock is changed at midnight."""

import psycopg
import pytest

from flowpilot.analytics.summed.sources import DAY_OF_QUARTER, calendar
from flowpilot.db.connect import DatabaseUrls

# Two years of quarters from July 2014 on: clocks were changed at midnight, from one to midnight, and by hours.
_QUARTERS = "generate_series(1561776, 1631856)"
_SQL = f"""
WITH lists AS MATERIALIZED (SELECT array_agg(q ORDER BY q) AS quarters FROM {_QUARTERS} q),
{calendar("lists", "quarters")}
SELECT count(*), count(*) FILTER (
    WHERE {DAY_OF_QUARTER} <> (to_timestamp(quarter * 900::float8) AT TIME ZONE :tz)::date
) FROM (SELECT unnest(quarters) AS quarter FROM lists) listed
""".replace(":tz", "%(tz)s")


@pytest.mark.parametrize(
    "zone",
    [
        *("Africa/Cairo", "America/Asuncion", "America/Havana", "America/Sao_Paulo", "America/Scoresbysund"),
        *("America/St_Johns", "Asia/Amman", "Asia/Chita", "Asia/Gaza", "Asia/Kathmandu", "Asia/Magadan"),
        *("Atlantic/Azores", "Australia/Lord_Howe", "Europe/Vienna", "Pacific/Apia", "Pacific/Chatham", "UTC"),
    ],
)
def test_every_quarter_has_its_day(urls: DatabaseUrls, zone: str) -> None:
    with psycopg.connect(urls.owner) as owner:
        assert owner.execute(_SQL.encode(), {"tz": zone}).fetchone() == (70081, 0)
