"""Ticket numbers and clients that a text names."""

import pytest

from flowpilot.sessions.problem.recognised import clients_in, tickets_in
from tests.sessions.problem.mails import GERMAN, OUTLOOK

_QUOTED = "-----Original Message-----\nFrom: A <a@contoso.example>\nSent: Monday\n"


@pytest.mark.parametrize(
    ("text", "tickets"),
    [
        ("See T20240101.0001, please", ["T20240101.0001"]),
        ("Subject: [RT #4711] VPN is down\n\nIt is down.", ["4711"]),
        ("This is about ticket no. 12345.", ["12345"]),
        ("Ticket #1234 again", ["1234"]),
        ("It is #1234 again", ["1234"]),
        ("Vorgang Nr. 88123: Drucker", ["88123"]),
        ("INC0012345 is open", ["INC0012345"]),
        ("Case #4711 again", ["4711"]),
        ("Ticket: 4711", ["4711"]),
        ("See ticket 420734.", ["420734"]),
        ("[#4711] Printer is down", ["4711"]),
        ("Ihre Ticketnummer: 88123, Ticket-Nr. 88124", ["88123", "88124"]),
        ("Zum Fall Nr. 88123 und Anfrage #88124", ["88123", "88124"]),
        ("Demande n° 88123, dossier numéro 88124", ["88123", "88124"]),
        ("Caso nro. 88123, incidencia número 88124", ["88123", "88124"]),
        ("In this case 4711 users cannot log in", []),
        ("The request 4711 users made; im Fall 4711 und ticket 2024 too", []),
        ("Dans le dossier 4711 et el caso 4711", []),
        ("Outlook shows error #1234 twice", []),
        ("Error code: #1603 when it installs", []),
        ("It says error number #1603", []),
        ("Fehler Nr. #1603 beim Start", []),
        ("Invoice #88123 cannot be printed", []),
        ("> Subject: Order #2231 shipped\n> See you", []),
        ("The order of the icons changed, see #88123", ["88123"]),
        ("It happens in room 1234 since 2024", []),
        ("It is down.\n\n> ticket 1234", []),
        (f"It drops.\n\n{_QUOTED}Subject: RE: [Ticket #420098] VPN drops\n\nSee #4711", ["420098"]),
        (f"See #4711.\n\n{_QUOTED}Betreff: AW: [#420098] VPN\n\nHello", ["4711", "420098"]),
        ("It drops.\n\n> Subject: T20261128.0012 VPN drops\n> Hello", ["T20261128.0012"]),
        (f"It drops.\n\n{_QUOTED}Subject: Call 0555 0102030 or +49 30 1234567 in 2026\n\nHi", []),
        ("---------- Forwarded message ---------\nSubject: [Ticket #420098] VPN\n\nIt drops", ["420098"]),
        ("(Ticket#2026112812000012) VPN drops", ["2026112812000012"]),
        ("[Request ID :##RE-420098##] : VPN drops", ["420098"]),
        ("https://desk.example/t/77?x=1 is down", ["77"]),
    ],
)
def test_a_ticket_is_recognised(text: str, tickets: list[str]) -> None:
    assert tickets_in(text, "https://desk.example/t/{ticket}") == tickets


@pytest.mark.parametrize(
    ("text", "clients"),
    [
        (OUTLOOK, ["Contoso Ltd", "Contoso"]),
        (GERMAN, []),
        ("Fabrikam cannot print", ["Fabrikam"]),
        ("Fabrikams printer", []),
        ("From: a@mail.fabrikam.co.uk\nSubject: VPN is down\n\nIt is down.", ["Fabrikam"]),
        ("IT cannot print", []),
    ],
)
def test_a_client_is_recognised(text: str, clients: list[str]) -> None:
    assert clients_in(text, ["Fabrikam", "Contoso", "Contoso Ltd", "IT"]) == clients
