"""One migrated PostgreSQL for all tests, reached as the runtime role.

Tests do not clean up after each other: each makes accounts of its own, and row security keeps them apart.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from flowpilot.db.connect import DatabaseUrls, migrated_database
from flowpilot.settings import Settings

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("flowpilot"), secret_key=SecretStr("s" * 32))


@pytest.fixture(scope="session")
def urls(settings: Settings) -> Iterator[DatabaseUrls]:
    with migrated_database(settings) as urls:
        yield urls
