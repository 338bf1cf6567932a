"""Request Tracker, a real one: what holds for every ticket system."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.psa.providers.laws import ProviderLaws
from tests.psa.servers.request_tracker import Desk, request_tracker


@pytest.fixture(scope="module")
def system(run_directory: Path) -> Iterator[Desk]:
    with request_tracker(run_directory) as server:
        yield Desk(server)


class TestRequestTracker(ProviderLaws):
    """The laws."""
