"""What the tests of outgoing messages share."""

from collections.abc import Iterator

import pytest

from tests.outgoing.servers import Receiver, receiver


@pytest.fixture
def hooks() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    with receiver() as running:
        yield running
