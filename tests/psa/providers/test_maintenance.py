"""A refusal by something before the ticket system, such as a proxy during maintenance, is not the system's own."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.connections.models import ProviderKind
from flowpilot.psa.guard import Guarded
from flowpilot.psa.outcomes import TryLater
from flowpilot.psa.provider import Provider, UnavailableError
from flowpilot.psa.providers.registry import PROVIDERS
from tests.psa.providers.forms import REAL, filled_in
from tests.psa.providers.records import note
from tests.psa.servers.serving import Reply, serving

pytestmark = pytest.mark.anyio

_PAGE = b"\r\n<html><h1>Down for maintenance</h1></html>"


def _open(kind: ProviderKind, port: int, files: Path) -> Provider:
    url, entry = f"http://127.0.0.1:{port}", PROVIDERS[kind]
    access = Access(url, [ip_network("127.0.0.0/8")], NoLimiter(), files, timeout_seconds=5)
    changed = {"zone_lookup_url": url} if kind is ProviderKind.AUTOTASK else {}
    return Guarded(entry.open(access, *filled_in(kind, **changed)), entry.name)


@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize("kind", REAL)
async def test_a_web_page_instead_of_an_answer_is_tried_later(
    kind: ProviderKind, status: int, tmp_path: Path
) -> None:
    with serving(lambda _: Reply(status, _PAGE)) as port:
        with pytest.raises(UnavailableError, match="is a web page"):
            await _open(kind, port, tmp_path).read_ticket("17")
        outcome = await _open(kind, port, tmp_path).write("17", note())
    assert isinstance(outcome, TryLater)
    assert outcome.is_down


async def test_an_authorisation_server_that_says_nothing_does_not_blame_the_credentials(tmp_path: Path) -> None:
    with serving(lambda _: Reply(400, b"")) as port, pytest.raises(UnavailableError, match="without a word"):
        await _open(ProviderKind.HALOPSA, port, tmp_path).read_ticket("17")
