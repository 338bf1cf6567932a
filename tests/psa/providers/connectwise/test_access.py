"""How ConnectWise PSA is reached: its cloud moves with each upgrade, and says "not found" to wrong keys."""

import logging
from base64 import b64decode

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Accepted, CredentialsError, NoSuchTicketError, Refused, TicketQuery, TryLater
from flowpilot.psa.providers.connectwise import ConnectWise, Settings
from flowpilot.psa.providers.connectwise.rest import api_address, people_address
from flowpilot.psa.providers.connectwise.settings import Hosting
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.providers.records import note
from tests.psa.proxy import Proxy

pytestmark = pytest.mark.anyio

CLOUD = Settings(hosting=Hosting.CLOUD)


@pytest.fixture
def cloud(place: Place, access: Access) -> ConnectWise:
    place.server.is_cloud, place.server.codebase = True, "v2026_3/"
    return open_connectwise(access, CLOUD)


@pytest.mark.parametrize(
    ("people", "programs"),
    [
        ("https://na.myconnectwise.net", "https://api-na.myconnectwise.net"),
        ("https://staging.connectwisedev.com", "https://api-staging.connectwisedev.com"),
        ("https://connect.desk.example:8443", "https://connect.desk.example:8443"),
        ("https://notmyconnectwise.net", "https://notmyconnectwise.net"),
    ],
)
def test_a_cloud_has_a_host_for_programs(people: str, programs: str) -> None:
    assert (api_address(people), api_address(programs)) == (programs, programs)
    assert (people_address(people), people_address(programs)) == (people, people)


async def test_every_request_has_the_keys_the_client_id_and_the_version(
    provider: ConnectWise, proxy: Proxy, ticket: str
) -> None:
    await provider.write(ticket, note())
    assert len(proxy.requests) == 3
    for request in proxy.requests:
        headers = request.headers
        assert b64decode(headers["authorization"].removeprefix("Basic ")) == b"alpen+publicKey1:privateKey1"
        assert headers["clientid"] == "a5b2c1d0-0000-4000-8000-00000000c11d"
        assert headers["accept"] == "application/vnd.connectwise.com+json; version=2025.16"
        assert request.path.startswith("/v4_6_release/apis/3.0/")


async def test_the_cloud_is_asked_for_its_codebase_once(cloud: ConnectWise, proxy: Proxy, ticket: str) -> None:
    await cloud.read_ticket(ticket)
    await cloud.read_ticket(ticket)
    asked = [request.path for request in proxy.requests]
    assert asked[0] == "/login/companyinfo/alpen"
    assert all(path.startswith("/v2026_3/apis/3.0/") for path in asked[1:])


async def test_the_companys_question_carries_no_keys(cloud: ConnectWise, proxy: Proxy, ticket: str) -> None:
    await cloud.read_ticket(ticket)
    assert proxy.requests[0].headers.keys().isdisjoint({"authorization", "clientid"})


@pytest.mark.parametrize("before", ["GET", "POST"])
async def test_an_upgrade_is_followed_and_nothing_is_written_twice(
    cloud: ConnectWise, place: Place, proxy: Proxy, ticket: str, before: str
) -> None:
    await cloud.read_ticket(ticket)
    place.server.upgrade_before = before
    proxy.requests.clear()
    assert isinstance(await cloud.write(ticket, note()), Accepted)
    assert len(place.stored(ticket)) == 1
    assert [request.path for request in proxy.requests].count("/login/companyinfo/alpen") == 1


async def test_a_codebase_that_was_entered_is_used(
    place: Place, access: Access, proxy: Proxy, ticket: str
) -> None:
    place.server.is_cloud, place.server.codebase = True, "v2026_3/"
    provider = open_connectwise(access, Settings(hosting=Hosting.CLOUD, codebase="v2026_3/"))
    await provider.read_ticket(ticket)
    assert "/login/companyinfo/alpen" not in [request.path for request in proxy.requests]


async def test_wrong_keys_are_not_found_in_the_cloud_and_said_to_be_wrong(
    cloud: ConnectWise, place: Place, access: Access, ticket: str
) -> None:
    stranger = open_connectwise(access, CLOUD, private_key="wrong")
    with pytest.raises(CredentialsError, match="credentials"):
        await stranger.read_ticket(ticket)
    with pytest.raises(CredentialsError, match="credentials"):
        await stranger.write(ticket, note())
    assert place.stored(ticket) == []


async def test_a_missing_ticket_of_the_cloud_is_a_missing_ticket(cloud: ConnectWise) -> None:
    with pytest.raises(NoSuchTicketError):
        await cloud.read_ticket("987654")
    assert isinstance(await cloud.write("987654", note()), Refused)


async def test_an_unknown_company_is_said(cloud: ConnectWise, access: Access, ticket: str) -> None:
    with pytest.raises(CredentialsError, match="does not know the company"):
        await open_connectwise(access, CLOUD, company="alp en").read_ticket(ticket)


async def test_a_wrong_client_id_is_said(place: Place, access: Access, ticket: str) -> None:
    provider = open_connectwise(access, client_id="another")
    with pytest.raises(CredentialsError, match="client ID"):
        await provider.write(ticket, note())
    assert place.stored(ticket) == []


async def test_a_cloud_that_is_down_was_sent_nothing(cloud: ConnectWise, place: Place, proxy: Proxy) -> None:
    ticket = place.new_ticket()
    proxy.is_down = True
    later = await cloud.write(ticket, note())
    assert isinstance(later, TryLater)
    assert (later.is_down, proxy.changes) == (True, [])


async def test_a_number_cannot_lead_to_another_path(provider: ConnectWise, proxy: Proxy) -> None:
    for text in ("1/../../system/members", "", "0", "1?x=", "²", "99999999999999"):
        with pytest.raises(NoSuchTicketError):
            await provider.read_ticket(text)
    assert proxy.requests == []


async def test_no_key_and_no_word_of_a_ticket_is_logged(
    provider: ConnectWise, ticket: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await provider.search(TicketQuery("printer offline"))
        await provider.write(ticket, note())
    for secret in ("privateKey1", "printer", "Häkchen"):
        assert secret not in caplog.text
