"""Tickets where people work: found, linked and started from, and no page waits for the ticket system."""

import pytest
from fastapi.testclient import TestClient

from tests.company import Company
from tests.psa.desk import Desk
from tests.psa.fixtures import CONNECTIONS, Connect
from tests.web.conftest import SignedIn
from tests.web.forms import send

PRINTER = {
    "id": "4711",
    "url": "https://desk.example/t/4711",
    "summary": "Printer <offline> & down",
    "client": "Alpen",
    "status": "New",
    "priority": "High",
}
LINK = 'href="https://desk.example/t/4711"'


@pytest.fixture
def connected(open_client: TestClient, company: Company, desk: Desk, connect: Connect) -> Desk:
    """The desk has a ticket, and a check has seen how its tickets are linked."""
    desk.shows["tickets"] = [PRINTER]
    desk.shows["notes"] = [{"author": "Kim", "text": "Called\nback.", "is_internal": True, "created_at": None}]
    open_client.post(f"{CONNECTIONS}/{connect()['id']}/check", headers=company.headers())
    desk.asked.clear()
    return desk


def _start(browser: TestClient) -> str:
    said = {"problem_summary": "It does not print", "psa_ticket_id": "4711"}
    return browser.post("/sessions", data=said, follow_redirects=False).headers["location"]


def test_a_search_leads_to_the_form_filled_in(browser: TestClient, connected: Desk) -> None:
    found = browser.get("/tickets/search?q=printer", headers={"HX-Request": "true"}).text
    assert "4711: Printer &lt;offline&gt; &amp; down" in found
    way = "/sessions/new?ticket=4711&amp;client=Alpen&amp;text=Printer+%3Coffline%3E+%26+down"
    assert f'href="{way}"' in found
    form = browser.get(way.replace("&amp;", "&")).text
    assert "Printer &lt;offline&gt; &amp; down</textarea>" in form
    assert 'value="4711"' in form
    assert 'value="Alpen"' in form


def test_a_ticket_of_a_mapped_company_starts_for_its_client(
    browser: TestClient, company: Company, connected: Desk
) -> None:
    connected.shows["tickets"] = [{**PRINTER, "client_id": "77"}]
    [(connection_id,)] = company.query("SELECT id FROM psa_connections")
    acme = company.add("clients", name="ACME Ltd.")
    company.add("client_companies", client_id=acme, connection_id=connection_id, external_id="77", name="Alpen")
    found = browser.get("/tickets/search?q=printer", headers={"HX-Request": "true"}).text
    assert "client=ACME+Ltd." in found
    assert "client=Alpen" not in found


def test_a_link_with_the_number_alone_offers_what_the_ticket_says(
    browser: TestClient, company: Company, connected: Desk
) -> None:
    at = "/tickets/context?ticket=4711&starts=true"
    assert f'hx-get="{at.replace("&", "&amp;")}"' in browser.get("/sessions/new?ticket=4711").text
    summary = "Printer+%3Coffline%3E+%26+down"
    assert f'href="/sessions/new?ticket=4711&amp;text={summary}"' in browser.get(at).text
    send(browser, "/clients", "/clients", name="ALPEN")
    part = browser.get(at).text
    assert f'href="/sessions/new?ticket=4711&amp;client=ALPEN&amp;text={summary}"' in part
    assert '"f-client_name": "ALPEN"' in part
    assert company.query("SELECT id FROM ai_sessions") == []


def test_a_link_starts_nothing_and_one_press_does(browser: TestClient, company: Company) -> None:
    way = "/sessions/new?ticket=4711&text=It+does+not+print"
    page = browser.get(way)
    assert company.query("SELECT id FROM ai_sessions") == []
    send(browser, page, "/sessions")
    assert company.query("SELECT psa_ticket_id, problem_summary FROM ai_sessions") == [
        ("4711", "It does not print")
    ]


def test_a_link_leads_to_the_open_session_of_its_ticket(browser: TestClient) -> None:
    session = _start(browser)
    assert browser.get("/sessions/new?ticket=4711", follow_redirects=False).headers["location"] == session


def test_without_scripts_a_part_leads_back(browser: TestClient) -> None:
    at = "/tickets/search?q=printer"
    page = browser.get(at, headers={"Referer": "http://testserver/sessions?status=open"}).text
    assert 'href="/sessions?status=open"' in page
    assert "Referer" not in page
    elsewhere = browser.get(at, headers={"Referer": "https://elsewhere.example/sessions"}).text
    assert "/sessions?status" not in elsewhere
    assert " Back</a>" not in browser.get(at, headers={"HX-Request": "true"}).text


def test_a_second_session_on_a_ticket_is_warned_of(browser: TestClient) -> None:
    first, second = _start(browser), _start(browser)
    warned = browser.get("/tickets/sessions?psa_ticket_id=4711").text
    assert f'href="{first}"' in warned
    assert f'href="{second}"' in warned
    besides = second.rpartition("/")[2]
    others = browser.get(f"/tickets/sessions?psa_ticket_id=4711&besides={besides}").text
    assert f'href="{second}"' not in others
    assert "open session" not in browser.get("/tickets/sessions?psa_ticket_id=99").text


def test_a_session_shows_its_ticket_after_the_page(browser: TestClient, connected: Desk) -> None:
    page = browser.get(_start(browser)).text
    assert LINK in page
    assert 'hx-get="/tickets/context?ticket=4711"' in page
    assert connected.asked == []
    part = browser.get("/tickets/context?ticket=4711", headers={"HX-Request": "true"}).text
    for words in ("Printer &lt;offline&gt;", "Alpen", "High", "Called\nback."):
        assert words in part
    assert "<html" not in part


def test_a_ticket_that_cannot_be_read_says_so(browser: TestClient, connected: Desk) -> None:
    assert "no ticket 99" in browser.get("/tickets/context?ticket=99").text
    connected.token = "another"
    assert "does not accept the credentials" in browser.get("/tickets/context?ticket=4711").text
    assert browser.get(_start(browser)).status_code == 200


def test_home_shows_my_tickets_or_why_not(browser: TestClient, connected: Desk) -> None:
    assert 'hx-get="/tickets/mine"' in browser.get("/").text
    assert "mapped to you" in browser.get("/tickets/mine").text


def test_lists_and_the_note_link_the_number(browser: TestClient, connected: Desk) -> None:
    session = _start(browser)
    for page in ("/sessions", f"{session}/note"):
        assert LINK in browser.get(page).text
    browser.post(f"{session}/escalate", data={"reason": "Out of ideas after the usual checks."})
    assert LINK in browser.get("/handoffs").text
    assert connected.asked == []


def test_without_a_ticket_system_nothing_asks_for_one(signed_in: SignedIn) -> None:
    browser = signed_in()
    assert "/tickets/mine" not in browser.get("/").text
    page = browser.get(_start(browser)).text
    assert "Ticket 4711" in page
    assert "/tickets/context" not in page


@pytest.mark.usefixtures("connected")
@pytest.mark.parametrize("way", ["/", "/sessions/new"])
def test_a_ticket_is_searched_where_a_session_starts(browser: TestClient, way: str) -> None:
    assert 'hx-get="/tickets/search"' in browser.get(way).text


def test_a_link_with_too_long_a_number_shows_the_form_and_what_to_shorten(
    browser: TestClient, connected: Desk
) -> None:
    page = browser.get(f"/sessions/new?ticket={'4' * 300}&client={'A' * 201}")
    assert page.status_code == 200
    assert page.text.count("Enter at most 200 characters: these are 30") == 1
    assert "Enter at most 200 characters: these are 201." in page.text
    assert f'value="{"4" * 300}"' in page.text
    assert "/tickets/context" not in page.text


def test_a_ticket_of_another_client_is_said_before_anything_goes_there(
    browser: TestClient, company: Company, connected: Desk
) -> None:
    said = {"problem_summary": "It does not print", "psa_ticket_id": "4711", "client_name": "Cedar"}
    session = browser.post("/sessions", data=said).url.path.removesuffix("/flow")
    at = f"/tickets/other?ticket=4711&client=Cedar&session={session.rpartition('/')[2]}"
    link = at.replace("&", "&amp;")
    pages = [browser.get(page).text for page in (session, f"{session}/escalate", f"{session}/note")]
    for html in (*pages, browser.post(f"{session}/escalate", data={"reason": "Out of ideas."}).text):
        assert f'hx-get="{link}"' in html
        # Without scripts it is one press away, beside the ticket, too.
        without = html[html.index("<noscript><p") :]
        assert f'<a href="{link}">check whether it is of Cedar</a>' in without[: without.index("</noscript>")]
    shown = browser.get("/tickets/context?ticket=4711&client=Cedar").text
    assert "Ticket 4711 is of Alpen, and this session of Cedar." in shown
    part = {"HX-Request": "true"}
    assert f'<a href="{session}#f-psa_ticket_id">Correct the ticket' in browser.get(at, headers=part).text
    assert "Ticket 4711 is of Alpen, and this session of Cedar." in browser.get(at, headers=part).text
    # Nothing of one's own client, and nothing of what is not known.
    assert "alert" not in browser.get("/tickets/other?ticket=4711&client=ALPEN", headers=part).text
    connected.shows["tickets"] = [{**PRINTER, "client": None}]
    assert "alert" not in browser.get("/tickets/other?ticket=4712&client=Cedar", headers=part).text
    [(connection_id,)] = company.query("SELECT id FROM psa_connections")
    cedar = company.add("clients", name="Cedar Foods")
    company.add("client_companies", client_id=cedar, connection_id=connection_id, external_id="77", name="Alpen")
    connected.shows["tickets"] = [{**PRINTER, "id": "4713", "client_id": "77"}]
    assert "alert" not in browser.get("/tickets/other?ticket=4713&client=Cedar+Foods", headers=part).text
