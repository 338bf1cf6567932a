"""A check of the connection names what is missing."""

from typing import Any

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Level
from flowpilot.psa.providers.connectwise import ConnectWise, Settings
from flowpilot.psa.providers.connectwise.failures import Right, missing
from flowpilot.psa.providers.connectwise.settings import Hosting
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.proxy import Proxy
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio


async def _wrong(provider: ConnectWise) -> list[str]:
    return [finding.text for finding in await provider.check() if finding.level is not Level.OK]


@pytest.mark.parametrize(
    ("denied", "said"),
    [
        ("GET /service/boards/2/statuses", f"On the board “Moves & Changes”: {missing(Right.BOARDS)}"),
        ("board 2", f"On the board “Moves & Changes”: {missing(Right.TICKETS)}"),
        ("GET /service/boards", f"{missing(Right.BOARDS)} If it has that, enter the client ID again."),
        ("GET /time/entries", missing(Right.TIME)),
        ("POST /time/entries", missing(Right.BOOK)),
        ("GET /system/members", missing(Right.MEMBERS)),
        ("GET /company/companies", missing(Right.COMPANIES)),
    ],
)
async def test_each_missing_right_is_named(provider: ConnectWise, desk: Desk, denied: str, said: str) -> None:
    desk.denied.add(denied)
    assert await _wrong(provider) == [said]


async def test_a_member_who_sees_no_board_is_told_the_right(provider: ConnectWise, desk: Desk) -> None:
    desk.boards.clear()
    (said,) = await _wrong(provider)
    assert Right.BOARDS in said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"private_key": "wrong"}, "does not accept the credentials"),
        ({"client_id": "wrong"}, "does not accept the client ID"),
        ({"company": "other"}, "does not know the company"),
    ],
)
@pytest.mark.parametrize("is_cloud", [True, False])
async def test_what_is_wrong_of_the_credentials_is_said(
    place: Place, access: Access, changed: dict[str, Any], said: str, *, is_cloud: bool
) -> None:
    place.server.is_cloud = is_cloud
    hosting = Hosting.CLOUD if is_cloud else Hosting.OWN_SERVER
    (finding,) = await open_connectwise(access, Settings(hosting=hosting), **changed).check()
    if not is_cloud and "company" in changed:
        said = "does not accept the credentials"  # Only the cloud tells the one from the other.
    assert said in finding.text
    assert finding.level is Level.ERROR


async def test_another_program_at_the_address_is_said(provider: ConnectWise, place: Place) -> None:
    place.server.codebase = "somewhere/else/"
    (said,) = await _wrong(provider)
    assert "the address may be wrong" in said


async def test_a_check_tells_how_time_is_booked_and_writes_nothing(
    provider: ConnectWise, desk: Desk, proxy: Proxy
) -> None:
    texts = [finding.text for finding in await provider.check()]
    assert "Time is booked with the work type Remote, billing: Billable." in texts
    assert [request.path.rpartition("/")[2] for request in proxy.changes] == ["defaults"]
    assert (desk.notes, desk.entries) == ([], [])
