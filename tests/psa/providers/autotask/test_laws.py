"""Autotask holds the laws of all providers."""

from collections.abc import Iterator

import pytest

from flowpilot.psa.history import TicketChange
from tests.psa.providers.files import LawsWithFileReaders
from tests.psa.proxy import Proxy, proxy_to
from tests.psa.servers.autotask.published import is_a_change
from tests.psa.servers.autotask.server import AutotaskServer


class TestAutotask(LawsWithFileReaders):
    """Each law, on a local server that follows the published interface."""

    @pytest.fixture
    def proxy(self, system: AutotaskServer) -> Iterator[Proxy]:
        with proxy_to(system.port) as proxy:
            proxy.is_a_change = lambda request: is_a_change(request.method, request.path)
            yield proxy

    def owners(self, change: TicketChange) -> tuple[str | None, str | None]:
        """The history has names."""
        ids = {"Alex Kim": AutotaskServer.alex, "Kim Berg": AutotaskServer.kim}
        return ids.get(change.before or ""), ids.get(change.after or "")
