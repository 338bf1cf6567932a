"""What is read from ConnectWise PSA."""

import json

import pytest

from flowpilot.psa.provider import TicketQuery
from flowpilot.psa.providers.connectwise import ConnectWise
from tests.psa.providers.connectwise.place import Place
from tests.psa.proxy import Proxy
from tests.psa.servers.connectwise.desk import Desk

pytestmark = pytest.mark.anyio


async def test_all_companies_are_listed_by_name_but_deleted_ones(
    provider: ConnectWise, desk: Desk, proxy: Proxy
) -> None:
    desk.companies += [
        {"id": 100 + number, "identifier": f"C{number}", "name": f"Client {9000 - number}", "deletedFlag": False}
        for number in range(1100)
    ]
    clients = await provider.list_clients()
    assert len(clients) == 1101
    assert [client.name for client in clients[::1100]] == ["Client 7901", "Contoso Ltd."]
    assert len(proxy.requests) == 2


async def test_members_are_people_and_the_former_ones_are_not_active(provider: ConnectWise) -> None:
    members = {
        member.id: (member.name, member.email, member.is_active) for member in await provider.list_members()
    }
    assert members == {
        "AlexD": ("Alex Desk", "alex@desk.example", True),
        "KimD": ("Kim Desk", "Kim@Desk.example", True),
        "OldD": ("Olga Desk", "olga@desk.example", False),
    }


async def test_notes_are_read_as_text_with_those_of_time_entries(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    link = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdesk.example%2Fa&data=05"
    text = f"See {link}\n![logo](https://cdn.example/x.png) \u200eRegards"
    desk.new_note(int(ticket), {"text": text, "detailDescriptionFlag": True, "contact": {"name": "Maria Berger"}})
    desk.new_entry(
        {
            "chargeToId": int(ticket),
            "chargeToType": "ServiceTicket",
            "timeStart": "2026-06-15T09:00:00Z",
            "actualHours": 0.5,
            "notes": "Changed the toner",
        }
    )
    client, entry = await provider.read_notes(ticket, 5)
    assert (client.text, client.author, client.is_internal) == (
        "See https://desk.example/a\n[image: logo] Regards",
        "Maria Berger",
        False,
    )
    assert entry.text == "Changed the toner"
    assert [note.text for note in await provider.read_notes(ticket, 1)] == [client.text]


async def test_a_search_sends_no_sign_whose_meaning_is_in_doubt(provider: ConnectWise, proxy: Proxy) -> None:
    await provider.search(TicketQuery('50% "off" O\'Brien \\\\server\\share *', member_id='Al"ex', is_open=False))
    (request,) = [request for request in proxy.requests if request.path.split("?")[0].endswith("/search")]
    assert json.loads(request.body)["conditions"] == (
        '((summary contains "50") and (summary contains "off") and (summary contains "O\'Brien") '
        'and (summary contains "server") and (summary contains "share")) '
        'and ((owner/identifier = "Al ex") or (resources contains "Al ex"))'
    )


async def test_somebody_whose_name_begins_alike_has_other_tickets(provider: ConnectWise, place: Place) -> None:
    place.new_ticket(member=place.alex)
    assert (await provider.search(TicketQuery(member_id="Alex"))).items == []
    assert len((await provider.search(TicketQuery(member_id="alexd"))).items) == 1


async def test_the_boards_are_not_asked_for_before_every_search(provider: ConnectWise, proxy: Proxy) -> None:
    await provider.search(TicketQuery("printer"))
    proxy.requests.clear()
    await provider.search(TicketQuery("printer"))
    assert len(proxy.requests) == 1


async def test_a_board_whose_statuses_are_not_shown_leaves_the_others(
    provider: ConnectWise, desk: Desk, ticket: str
) -> None:
    desk.denied.add("GET /service/boards/2/statuses")
    assert [found.id for found in (await provider.search(TicketQuery())).items] == [ticket]


async def test_a_ticket_has_what_people_know_it_by(provider: ConnectWise, proxy: Proxy, ticket: str) -> None:
    found = await provider.read_ticket(ticket)
    assert found.url == f"{proxy.url}/v4_6_release/ConnectWise.aspx?routeTo=ServiceFV&recid={ticket}"
    assert (found.client_id, found.contact, found.priority) == ("19", "Maria Berger", "Priority 3")
