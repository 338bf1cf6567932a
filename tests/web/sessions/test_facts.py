"""Client, ticket and domain are filled in where they are missing."""

from fastapi.testclient import TestClient

from tests.company import Company
from tests.sessions.flows import read, start
from tests.web.conftest import SignedIn
from tests.web.forms import send


def test_what_the_text_names_is_offered_and_accepted_with_one_press(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    start(client, company, client_name="Fabrikam")
    browser = signed_in()
    page = browser.post("/sessions", data={"problem_summary": "Fabrikam asks about ticket #4711: the VPN is down"})
    path = page.url.path.removesuffix("/flow")
    session_id = path.rsplit("/", 1)[1]
    html = browser.get(path).text
    assert 'name="psa_ticket_id" value="4711"' in html
    assert 'name="client_name" value="Fabrikam"' in html
    assert read(client, company, session_id)["psa_ticket_id"] is None

    send(browser, path, "/facts", psa_ticket_id="4711")

    session = read(client, company, session_id)
    assert (session["psa_ticket_id"], session["client_name"]) == ("4711", None)
    assert 'name="psa_ticket_id" value="4711"' not in browser.get(path).text.split("Edit details")[0]


def test_a_page_that_is_outdated_fills_in_nothing(
    client: TestClient, company: Company, signed_in: SignedIn
) -> None:
    browser = signed_in()
    outdated = browser.post("/sessions", data={"problem_summary": "The VPN is down"})
    session_id = outdated.url.path.rsplit("/", 1)[1]
    send(browser, outdated, "/facts", problem_domain="VPN")
    answer = send(browser, outdated, "/facts", psa_ticket_id="4711")
    assert "Somebody else has changed this" in answer.text
    assert read(client, company, session_id)["psa_ticket_id"] is None
