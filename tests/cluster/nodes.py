"""A database of the tests' own on every node of a Citus cluster.

FLOWPILOT_TEST_CLUSTER_URL is a superuser's URL of a database on the coordinator in which the other nodes have been
added. They must let each other in without a password, or from a password file.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import URL, make_url

from flowpilot.db.base import new_id
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.migrations.opening import migrated_database
from flowpilot.migrations.spread.running import spread
from flowpilot.settings import Settings

CLUSTER_URL = os.environ.get("FLOWPILOT_TEST_CLUSTER_URL")

_NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE isactive AND noderole = 'primary' AND groupid <> 0"


@contextmanager
def cluster_database(base: str) -> Iterator[str]:
    """The URL of an empty database with Citus and all nodes, as the superuser."""
    name, coordinator = f"flowpilot_test_{new_id().hex}", make_url(base)
    with psycopg.connect(base, autocommit=True) as connection, ExitStack() as stack:
        workers = connection.execute(_NODES).fetchall()
        # The coordinator's is dropped first: it keeps looking for those of the workers.
        for host, port in [*workers, (coordinator.host, coordinator.port)]:
            stack.enter_context(_database_on(coordinator.set(host=host, port=port), name))
        url = libpq_url(coordinator.set(database=name))
        with psycopg.connect(url, autocommit=True) as own:
            own.execute("SELECT citus_set_coordinator_host(%s, %s)", [coordinator.host, coordinator.port or 5432])
            for host, port in workers:
                own.execute("SELECT citus_add_node(%s, %s)", [host, port])
        yield url


@contextmanager
def _database_on(server: URL, name: str) -> Iterator[None]:
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with psycopg.connect(libpq_url(server.set(database=name)), autocommit=True) as own:
        own.execute("CREATE EXTENSION citus")
    yield
    with psycopg.connect(libpq_url(server), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def spread_database(settings: Settings) -> Iterator[DatabaseUrls]:
    """The settings' database, migrated and spread over the nodes."""
    with migrated_database(settings) as urls:
        spread(urls.owner, urls.owner, is_check=False, say=_heed)
        yield urls


def _heed(statement: str) -> None:
    assert statement


@contextmanager
def settings_on_cluster(settings: Settings) -> Iterator[Settings]:
    """The same installation with a database on the cluster."""
    assert CLUSTER_URL is not None
    settings.data_dir.mkdir(parents=True)
    with cluster_database(CLUSTER_URL) as url:
        yield settings.model_copy(update={"database_url": SecretStr(url)})


# The tests with this mark are not run: without a cluster those that need it, and on one those of a single server.
_LEFT_OUT = "one_server" if CLUSTER_URL else "cluster"
TESTS = Path(__file__).parents[1]


def for_a_cluster(question: str) -> str:
    """A question of a test's own, as a cluster answers it.

    Citus refuses to join what is on the workers with tables of the coordinator that have row security, unless they
    were read before.
    """
    read = [name for name in ("memberships", "users") if CLUSTER_URL and re.search(rf"\b{name}\b", question)]
    if not read or not question.lstrip().startswith("SELECT"):
        return question
    parts = ", ".join(f"{name} AS MATERIALIZED (SELECT * FROM {name})" for name in read)
    return f"WITH {parts} {question}"


def not_run() -> list[str]:
    """The names of the tests that are not run."""
    files = sorted(TESTS.rglob("test_*.py"))
    return [name for file in files for name in marked(file.read_text(), _LEFT_OUT)]


def marked(text: str, mark: str) -> list[str]:
    """The names of the tests in a file that have this mark, which stands right above each, or for all of them."""
    tests = r"^ *(?:async )?def (test_\w+)"
    if re.search(rf"^pytestmark = .*\bmark\.{mark}\b", text, re.MULTILINE):
        return re.findall(tests, text, re.MULTILINE)
    return re.findall(rf"^ *@pytest\.mark\.{mark}\n{tests[1:]}", text, re.MULTILINE)


def leave_out(items: list[pytest.Item]) -> list[pytest.Item]:
    """The tests that are not run; they are taken out of the list."""
    left = [item for item in items if item.get_closest_marker(_LEFT_OUT)]
    items[:] = [item for item in items if item not in left]
    return left
