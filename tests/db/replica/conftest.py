"""A primary of the tests' own, its standby, and an app that knows both."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.connect import database as running
from flowpilot.settings import Settings
from tests.asgi import AppClient
from tests.databases import copy_migrated, settings_of
from tests.db.conftest import fresh_data_dir
from tests.db.standby import Standby, standby_of
from tests.places import open_directory

_SOON_SECONDS = 60
_LAG_SECONDS = 2


@pytest.fixture(scope="package")
def primary_settings(run_directory: Path) -> Iterator[Settings]:
    with fresh_data_dir() as directory:
        copy_migrated(run_directory, directory)
        yield settings_of(directory)


@pytest.fixture(scope="package")
def primary(primary_settings: Settings) -> Iterator[DatabaseUrls]:
    with running(primary_settings) as urls:
        yield urls


@pytest.fixture(scope="package")
def standby(primary_settings: Settings, primary: DatabaseUrls) -> Iterator[Standby]:
    with open_directory() as parent, standby_of(primary_settings.data_dir, parent / "standby") as standby:
        yield standby


@pytest.fixture(scope="package")
def replica_settings(primary_settings: Settings, standby: Standby) -> Settings:
    return primary_settings.model_copy(
        update={"replica_url": SecretStr(standby.url), "replica_lag_seconds": _LAG_SECONDS}
    )


@pytest.fixture
def served(replica_settings: Settings, primary: DatabaseUrls) -> Iterator[TestClient]:
    """An app whose replica is read."""
    with serving(replica_settings, primary) as client:
        yield client


@contextmanager
def serving(settings: Settings, primary: DatabaseUrls) -> Iterator[TestClient]:
    """An app, as soon as it reads its replica."""
    with AppClient(create_app(settings, primary.runtime), raise_server_exceptions=False) as client:
        until(lambda: is_fresh(client))
        yield client


def is_fresh(client: TestClient) -> bool:
    return bool(client.app.state.replica_reads.replica.is_fresh())  # type: ignore[attr-defined]


def until(holds: Callable[[], bool]) -> None:
    """Return as soon as something holds."""
    deadline = time.monotonic() + _SOON_SECONDS
    while not holds():
        assert time.monotonic() < deadline


def reads(client: TestClient) -> dict[str, float]:
    """How many reads were answered where, as `/metrics` counts them."""
    lines = client.get("/metrics").text.splitlines()
    return {
        line.split('"')[1]: float(line.split()[-1])
        for line in lines
        if line.startswith("flowpilot_replica_reads_total{")
    }
