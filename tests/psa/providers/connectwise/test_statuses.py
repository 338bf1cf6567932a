"""Statuses in ConnectWise PSA belong to boards."""

import json

import pytest

from flowpilot.psa.client import Access
from flowpilot.psa.provider import Accepted, Refused, TicketQuery, Unknown
from flowpilot.psa.providers.connectwise import ConnectWise, Settings
from tests.psa.providers.connectwise.place import Place, open_connectwise
from tests.psa.providers.records import note
from tests.psa.proxy import Proxy
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio


async def test_a_status_of_another_board_is_refused_by_names(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    await provider.write(ticket, note())
    place.desk.move(int(ticket), 2)
    refused = await provider.set_status(ticket, "103")
    assert refused == Refused(
        "The board “Moves & Changes” has no status “Closed”. Choose one of its own in the connection's settings.",
        "status",
    )
    assert (place.status_of(ticket), len(place.stored(ticket))) == ("201", 1)


async def test_a_success_that_changed_nothing_is_not_accepted(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    desk.forgets_statuses = True
    refused = await provider.set_status(ticket, "103")
    assert isinstance(refused, Refused)
    assert "does not have it" in refused.reason


async def test_a_status_whose_answer_was_lost_can_be_set_again(
    provider: ConnectWise, proxy: Proxy, place: Place, ticket: str
) -> None:
    proxy.will_lose_answers()
    assert isinstance(await provider.set_status(ticket, "103"), Unknown)
    assert await provider.set_status(ticket, "103") == Accepted("103")
    assert (place.status_of(ticket), len(proxy.changes)) == ("103", 1)


async def test_nothing_of_a_ticket_is_changed_but_its_status(
    provider: ConnectWise, proxy: Proxy, desk: Desk, ticket: str
) -> None:
    """A custom field that is sent alone wipes the others, and a description loses its layout."""
    before = dict(desk.ticket(int(ticket)))
    await provider.write(ticket, note())
    await provider.set_status(ticket, "102")
    patches = [json.loads(request.body) for request in proxy.changes if request.method == "PATCH"]
    assert patches == [[{"op": "replace", "path": "status", "value": {"id": 102}}]]
    changed = {name for name, value in desk.ticket(int(ticket)).items() if value != before[name]}
    assert changed - {"_info"} == {"status"}


async def test_statuses_that_are_no_longer_used_are_left_out(provider: ConnectWise) -> None:
    boards = {board.name: [status.name for status in board.statuses] for board in await provider.list_boards()}
    assert boards == {
        "Help Desk": ["New", "In Progress", "Closed", "Completed"],
        "Moves & Changes": ["New", "Closed"],
    }


async def test_open_is_what_the_board_says_and_not_the_flag_of_the_ticket(
    provider: ConnectWise, place: Place, ticket: str
) -> None:
    closed = place.new_ticket()
    await provider.set_status(closed, "103")
    place.desk.ticket(int(ticket))["closedFlag"] = True
    place.desk.ticket(int(closed))["closedFlag"] = False
    assert [found.id for found in (await provider.search(TicketQuery())).items] == [ticket]
    assert [(await provider.read_ticket(number)).is_closed for number in (ticket, closed)] == [False, True]


async def test_a_status_can_be_said_to_be_closed(access: Access, ticket: str) -> None:
    provider = open_connectwise(access, Settings(closed_status_names="Done, completed"))
    await provider.set_status(ticket, "105")
    assert (await provider.search(TicketQuery())).items == []
    assert (await provider.read_ticket(ticket)).is_closed
