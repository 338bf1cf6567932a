"""What a load balancer sees."""

from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls, libpq_url
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.settings import Settings
from tests.asgi import AppClient


def _client(settings: Settings, url: str) -> TestClient:
    return AppClient(create_app(settings, url), raise_server_exceptions=False)


@pytest.fixture
def unmigrated(urls: DatabaseUrls) -> Iterator[str]:
    """A database without any migration."""
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute("CREATE DATABASE unmigrated")
        yield libpq_url(make_url(urls.owner).set(database="unmigrated"))
        owner.execute("DROP DATABASE unmigrated WITH (FORCE)")


def test_alive_and_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready", "revision": newest_revision(), "down": []}


def test_not_ready_without_a_database(settings: Settings) -> None:
    with _client(settings, "postgresql://nobody@127.0.0.1:1/nothing") as client:
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200


def test_not_ready_before_the_migration(settings: Settings, unmigrated: str) -> None:
    with _client(settings, unmigrated) as client:
        assert client.get("/readyz").status_code == 503


def test_not_ready_at_an_older_revision(
    settings: Settings, unmigrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowpilot.health.known_revisions", lambda: frozenset({"0000", "0001"}))
    with psycopg.connect(unmigrated) as owner:
        owner.execute("CREATE TABLE alembic_version AS SELECT '0000' AS version_num")
    with _client(settings, unmigrated) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "flowpilot db upgrade" in answer.json()["detail"]


def test_ready_while_a_newer_release_takes_over(settings: Settings, unmigrated: str) -> None:
    with psycopg.connect(unmigrated) as owner:
        owner.execute("CREATE TABLE alembic_version AS SELECT '9999' AS version_num")
    with _client(settings, unmigrated) as client:
        assert client.get("/readyz").status_code == 200
        assert client.head("/readyz").status_code == 200
