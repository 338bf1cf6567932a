"""A database for each test, whose owner is not a superuser."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from flowpilot.db.connect import driver_url
from flowpilot.migrations.upgrade import migrate
from tests.migrations.rows import Migrate


@pytest.fixture
def to_revision(external: str) -> Iterator[Migrate]:
    """Bring the empty database to a revision."""
    engine = create_engine(driver_url(external))
    yield lambda revision: migrate(engine, revision)
    engine.dispose()
