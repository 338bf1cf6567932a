import pytest

from flowpilot.db.connect import DatabaseUrls
from tests.imports.helpers import World, new_world


@pytest.fixture
def world(urls: DatabaseUrls) -> World:
    """An account with nothing in it."""
    return new_world(urls)


@pytest.fixture
def other_world(urls: DatabaseUrls) -> World:
    """Another account with nothing in it."""
    return new_world(urls)
