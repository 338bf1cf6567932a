"""What the tests of live pages share."""

from collections.abc import Iterator
from threading import Thread

import pytest

from tests.browser.live.proxy import Proxy


@pytest.fixture
def proxy(demo_url: str) -> Iterator[Proxy]:
    """A proxy before the demo, for as long as a test."""
    with Proxy(demo_url) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()
        proxy.break_off()
