"""ConnectWise PSA holds the laws of all providers."""

from collections.abc import Iterator

import pytest

from tests.psa.providers.connectwise.place import Place
from tests.psa.providers.files import LawsWithFileReaders
from tests.psa.servers.connectwise.server import connectwise


@pytest.fixture(scope="module")
def system() -> Iterator[Place]:
    with connectwise() as server:
        yield Place(server)


class TestConnectWise(LawsWithFileReaders):
    """Each law, on a local server that follows the published interface."""

    attached_name = "Fehlermeldung 1 (uber).png"
