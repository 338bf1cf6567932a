"""ConnectWise PSA holds the laws of all providers."""

from collections.abc import Iterator

import pytest

from tests.psa.providers.connectwise.place import Place
from tests.psa.providers.laws import ProviderLaws
from tests.psa.servers.connectwise.server import connectwise


@pytest.fixture(scope="module")
def system() -> Iterator[Place]:
    with connectwise() as server:
        yield Place(server)


class TestConnectWise(ProviderLaws):
    """Each law, on a local server that follows the published interface."""
