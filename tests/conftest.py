"""One migrated PostgreSQL for all tests, reached as the runtime role.

Tests do not clean up after each other: each makes accounts of its own, and row security keeps them apart.
"""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from flowpilot.app import create_app
from flowpilot.db.connect import DatabaseUrls, migrated_database
from flowpilot.db.session import Database
from flowpilot.settings import Settings
from tests.company import Company, found_company

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    # Not tmp_path: every pytest that starts takes the way into that from root's servers again.
    with tempfile.TemporaryDirectory() as parent:
        yield Settings(
            data_dir=Path(parent) / "a data + dir",  # What is quoted wrongly anywhere fails everywhere.
            secret_key=SecretStr("s" * 32),
            login_attempts_per_minute_per_address=100_000,
        )


@pytest.fixture(scope="session")
def urls(settings: Settings) -> Iterator[DatabaseUrls]:
    with migrated_database(settings) as urls:
        yield urls


@pytest.fixture(scope="session")
def client(settings: Settings, urls: DatabaseUrls) -> Iterator[TestClient]:
    with TestClient(create_app(settings, urls.runtime), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(urls.runtime)
    yield database
    await database.close()


@pytest.fixture
def company(urls: DatabaseUrls) -> Company:
    """An account of the test's own, with a key a role."""
    return found_company(urls)


@pytest.fixture
def neighbour(urls: DatabaseUrls) -> Company:
    """Another account beside it, which must never be seen."""
    return found_company(urls)
