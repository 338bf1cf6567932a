"""However odd the answers of a server are, no ticket system fails in a way of ours."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.guard import Guarded
from flowpilot.psa.outcomes import Outcome
from flowpilot.psa.provider import PostingStepKind, Provider, ProviderError, TicketQuery
from flowpilot.psa.providers.registry import PROVIDERS
from tests.psa.providers.forms import REAL, filled_in
from tests.psa.providers.records import note, time
from tests.psa.servers.serving import Asked, Reply, serving

pytestmark = pytest.mark.anyio

_BODIES = [
    None,
    [],
    {},
    1,
    "x",
    [1],
    {"items": None, "pages": None},
    {"items": [1], "pages": 1, "tickets": [1], "issue": 1, "issues": [1], "total_count": "x"},
    {"items": [{}], "pages": 1, "id": "17", "tickets": [{}], "issue": {}, "issues": [{}], "user": {"id": 1}},
]
_READS: list[Callable[[Provider], Awaitable[Any]]] = [
    lambda provider: provider.check(),
    lambda provider: provider.search(TicketQuery("x")),
    lambda provider: provider.read_ticket("17"),
    lambda provider: provider.read_notes("17", 3),
    lambda provider: provider.list_members(),
    lambda provider: provider.list_clients(),
    lambda provider: provider.list_boards(),
    lambda provider: provider.find_record("17", "FP-AAAA", PostingStepKind.NOTE),
    lambda provider: provider.find_record("17", "FP-AAAA", PostingStepKind.TIME),
    lambda provider: provider.booked_minutes("17", "FP-AAAA"),
]
_WRITES: list[Callable[[Provider], Awaitable[Outcome]]] = [
    lambda provider: provider.write("17", note()),
    lambda provider: provider.write("17", time("1")),
    lambda provider: provider.set_status("17", "1"),
]


class OddServer:
    """Gives the same answer to everything but a request for a token or a zone."""

    port = 0
    body: Any = None

    def answer(self, asked: Asked) -> Reply:
        if "token" in asked.path:
            return Reply(200, {"access_token": "x"})
        if "zoneInformation" in asked.path:
            return Reply(200, {"url": f"http://127.0.0.1:{self.port}/atservicesrest"})
        return Reply(200, self.body)


@pytest.fixture(scope="module")
def server() -> Iterator[OddServer]:
    odd = OddServer()
    with serving(odd.answer) as odd.port:
        yield odd


def _open(kind: ProviderKind, server: OddServer, files: Path) -> Provider:
    url, entry = f"http://127.0.0.1:{server.port}", PROVIDERS[kind]
    access = Access(url, [ip_network("127.0.0.0/8")], NoLimiter(), files, timeout_seconds=5)
    changed = {"zone_lookup_url": url} if kind is ProviderKind.AUTOTASK else {}
    return Guarded(entry.open(access, *filled_in(kind, **changed)), entry.name)


@pytest.mark.parametrize("kind", REAL)
async def test_a_read_is_an_error_of_the_system_and_a_write_has_an_outcome(
    kind: ProviderKind, server: OddServer, tmp_path: Path
) -> None:
    for server.body in _BODIES:
        for read in _READS:
            with suppress(ProviderError):
                await read(_open(kind, server, tmp_path))
        for write in _WRITES:
            assert isinstance(await write(_open(kind, server, tmp_path)), Outcome)
