"""How Autotask is reached: in its zone, and within the limit that all integrations share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from pydantic import SecretStr, ValidationError

from flowpilot.psa.client import Access, NoLimiter
from flowpilot.psa.provider import Accepted, CredentialsError, Level, TicketQuery, TryLater, UnavailableError
from flowpilot.psa.providers.autotask import Autotask, Credentials
from tests.psa.providers.records import note
from tests.psa.proxy import Proxy
from tests.psa.servers.autotask.server import AutotaskServer

pytestmark = pytest.mark.anyio


class Places(NoLimiter):
    """Lets as many requests be open at once as it has places."""

    def __init__(self, count: int) -> None:
        self._places = asyncio.Semaphore(count)

    @asynccontextmanager
    async def call(self) -> AsyncIterator[None]:
        async with self._places:
            yield


async def test_a_tenant_that_has_moved_is_found_in_its_new_zone(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    await autotask.read_ticket(ticket)
    system.zone = "zone12"
    assert isinstance(await autotask.write(ticket, note()), Accepted)
    assert len(system.stored(ticket)) == 1


async def test_a_secret_that_was_revoked_is_said_after_one_look_at_the_zone(
    system: AutotaskServer, autotask: Autotask, ticket: str
) -> None:
    await autotask.read_ticket(ticket)
    system.secret = "another"
    system.asked.clear()
    with pytest.raises(CredentialsError):
        await autotask.read_ticket(ticket)
    assert [asked.path.rsplit("/", 1)[-1] for asked in system.asked] == ["query", "zoneInformation"]


async def test_a_user_name_that_autotask_does_not_know_is_asked_about(
    system: AutotaskServer, access: Access
) -> None:
    """It answers 500 then, as it does when it is down, so the connection is not paused for it."""
    (found,) = await system.autotask(access, username="stranger@desk.example").check()
    assert (found.level, "user name" in found.text) == (Level.ERROR, True)


async def test_the_secret_is_sent_to_autotask_alone(system: AutotaskServer, access: Access) -> None:
    system.api_host = "evil.example"
    findings = await system.autotask(access).check()
    assert [finding.level for finding in findings] == [Level.ERROR]
    assert all("secret" not in asked.headers for asked in system.asked)


@pytest.mark.parametrize("secret", ["two words", "größer", "line\n"])
def test_a_secret_that_no_header_can_carry_is_refused_where_it_is_entered(secret: str) -> None:
    with pytest.raises(ValidationError, match="no header can carry"):
        Credentials(
            username="flowpilot@desk.example", secret=SecretStr(secret), integration_code=SecretStr("code")
        )


async def test_all_integrations_together_leave_us_our_share(
    system: AutotaskServer, autotask: Autotask, proxy: Proxy, ticket: str
) -> None:
    """Another integration has used most of the limit; FlowPilot waits although it sent next to nothing."""
    system.used = 7_600
    later = await autotask.write(ticket, note())
    assert isinstance(later, TryLater)
    assert later.not_before is not None
    with pytest.raises(UnavailableError) as caught:
        await autotask.search(TicketQuery("printer"))
    assert caught.value.not_before is not None
    assert proxy.changes == []


async def test_the_share_is_a_setting(system: AutotaskServer, access: Access, ticket: str) -> None:
    system.used = 7_600
    assert isinstance(await system.autotask(access, share_percent=80).write(ticket, note()), Accepted)


async def test_the_usage_is_asked_for_once_a_minute(system: AutotaskServer, access: Access, ticket: str) -> None:
    for _ in range(3):
        await system.autotask(access).write(ticket, note())
    assert sum(asked.path.endswith("/ThresholdInformation") for asked in system.asked) == 1


async def test_no_more_than_three_requests_are_open_at_one_endpoint(
    system: AutotaskServer, access: Access
) -> None:
    tickets = [system.new_ticket() for _ in range(8)]
    limiter = Places(system.autotask(access).capabilities.parallel_calls)
    provider = system.autotask(replace(access, limiter=limiter))
    await provider.list_boards()
    system.most_open.clear()
    await asyncio.gather(*(provider.write(ticket, note()) for ticket in tickets))
    assert max(system.most_open.values()) <= 3
    assert [len(system.stored(ticket)) for ticket in tickets] == [1] * 8
