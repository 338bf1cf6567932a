"""A ConnectWise PSA of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.providers.connectwise import ConnectWise
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.providers.laws import HERE
from tests.psa.proxy import Proxy, proxy_to
from tests.psa.servers.connectwise.desk import Desk
from tests.psa.servers.connectwise.server import connectwise


@pytest.fixture
def place() -> Iterator[Place]:
    with connectwise() as server:
        yield Place(server)


@pytest.fixture
def desk(place: Place) -> Desk:
    return place.desk


@pytest.fixture
def proxy(place: Place) -> Iterator[Proxy]:
    with proxy_to(place.port) as proxy:
        yield proxy


@pytest.fixture
def access(proxy: Proxy, tmp_path: Path) -> Access:
    return Access(proxy.url, HERE, NoLimiter(), tmp_path, timeout_seconds=20)


@pytest.fixture
def provider(access: Access) -> ConnectWise:
    return open_connectwise(access)


@pytest.fixture
def ticket(place: Place) -> str:
    return place.new_ticket()
