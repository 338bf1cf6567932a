"""Autotask holds the laws of all providers."""

from collections.abc import Iterator

import pytest

from tests.psa.providers.laws import ProviderLaws
from tests.psa.proxy import Proxy, proxy_to
from tests.psa.servers.autotask.published import is_a_change
from tests.psa.servers.autotask.server import AutotaskServer


class TestAutotask(ProviderLaws):
    """Each law, on a local server that follows the published interface."""

    @pytest.fixture
    def proxy(self, system: AutotaskServer) -> Iterator[Proxy]:
        with proxy_to(system.port) as proxy:
            proxy.is_a_change = lambda request: is_a_change(request.method, request.path)
            yield proxy
