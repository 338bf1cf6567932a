"""What `flowpilot db distribute` would do, as far as one machine can tell; tests/cluster does it."""

from collections.abc import Iterator

import psycopg
import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.migrations.spread import health
from flowpilot.migrations.spread.checks import NotSpreadableError, missing, obstacles
from flowpilot.migrations.spread.plan import order
from flowpilot.migrations.spread.running import spread
from flowpilot.migrations.tables import APART, TENANT


@pytest.fixture
def owner(urls: DatabaseUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


def test_a_table_comes_after_those_that_it_refers_to(owner: psycopg.Connection) -> None:
    ordered = order(owner)
    assert set(ordered) == TENANT
    assert not set(ordered) & APART
    where = {table: position for position, table in enumerate(ordered)}
    for child, parent in (
        ("ai_session_steps", "ai_sessions"),
        ("handoff_events", "session_handoffs"),
        ("notification_deliveries", "notifications"),
        ("tree_versions", "trees"),
    ):
        assert where[parent] < where[child]


@pytest.mark.one_server
def test_without_citus_it_says_what_to_do_and_does_nothing(urls: DatabaseUrls, owner: psycopg.Connection) -> None:
    [said] = obstacles(owner)
    assert "CREATE EXTENSION citus" in said
    printed: list[str] = []
    with pytest.raises(NotSpreadableError, match="CREATE EXTENSION citus"):
        spread(urls.owner, urls.owner, is_check=False, say=printed.append)
    assert printed == []


def test_another_database_is_not_this_one(urls: DatabaseUrls) -> None:
    with pytest.raises(NotSpreadableError, match="the same host, port and database"):
        spread(urls.owner, "postgresql://postgres@elsewhere:5432/other", is_check=True, say=print)


@pytest.mark.one_server
def test_one_machine_lacks_nothing(urls: DatabaseUrls, owner: psycopg.Connection) -> None:
    assert missing(owner) == []
    assert list(health.checks(urls.owner, urls.runtime)) == []
