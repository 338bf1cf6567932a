"""A local Autotask, and FlowPilot's provider in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.providers.autotask import Autotask
from tests.psa.providers.laws import HERE
from tests.psa.proxy import Proxy, proxy_to
from tests.psa.servers.autotask.published import is_a_change
from tests.psa.servers.autotask.server import AutotaskServer, autotask_server


@pytest.fixture(scope="module")
def server() -> Iterator[AutotaskServer]:
    with autotask_server() as server:
        yield server


@pytest.fixture
def system(server: AutotaskServer) -> AutotaskServer:
    """The server, with nothing refused and nothing asked yet."""
    server.refused, server.in_use, server.closed_timesheets = {}, set(), set()
    server.zone, server.secret, server.used, server.page_rows = "zone5", "autotask-secret", 100, 500
    server.api_host = None
    server.asked.clear()
    return server


@pytest.fixture
def proxy(system: AutotaskServer) -> Iterator[Proxy]:
    with proxy_to(system.port) as proxy:
        proxy.is_a_change = lambda request: is_a_change(request.method, request.path)
        yield proxy


@pytest.fixture
def access(proxy: Proxy, tmp_path: Path) -> Access:
    return Access(proxy.url, HERE, NoLimiter(), tmp_path, timeout_seconds=20)


@pytest.fixture
def autotask(system: AutotaskServer, access: Access) -> Autotask:
    return system.autotask(access)


@pytest.fixture
def ticket(system: AutotaskServer) -> str:
    return system.new_ticket()
