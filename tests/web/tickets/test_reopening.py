"""A resolved session can be reopened where its ticket is seen open, and where a session starts on it."""

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from flowpilot.identity.actor import Role
from flowpilot.psa.tickets import reading
from flowpilot.psa.tickets.recent import Recent
from tests.company import PASSWORD, Company
from tests.psa.desk import Desk
from tests.psa.fixtures import Connect
from tests.web.conftest import new_browser
from tests.web.forms import forms_of, send

PRINTER = {"id": "4711", "url": None, "summary": "Printer offline", "status": "In progress", "status_id": "2"}
CLOSED = {**PRINTER, "status": "Closed", "status_id": "3", "is_closed": True}
NEW = "/sessions/new?ticket=4711"


@pytest.fixture
def ticket(desk: Desk, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with one ticket, which is read again each time."""
    monkeypatch.setattr(reading, "_RECENT", Recent(timedelta(0), most=1))
    desk.shows["tickets"] = [PRINTER]
    connect()
    return desk


@pytest.fixture
def resolved(browser: TestClient) -> str:
    """The path of a session on the ticket that its engineer has resolved."""
    said = {"problem_summary": "It does not print", "psa_ticket_id": "4711"}
    path: str = browser.post("/sessions", data=said).url.path.removesuffix("/flow")
    send(browser, path, "/resolve", summary="Changed the fuse.\nAnd the cable.")
    return path


def _card(browser: TestClient, session: str) -> str:
    id_ = session.rpartition("/")[2]
    assert f'hx-get="/tickets/context?ticket=4711&amp;session={id_}"' in browser.get(session).text
    return browser.get(f"/tickets/context?ticket=4711&session={id_}").text


def _reopens(html: str, session: str) -> bool:
    return any(form.action == f"{session}/reopen" for form in forms_of(html))


def _colleague(client: TestClient, company: Company) -> TestClient:
    """The browser of an engineer who has nothing to do with the session."""
    _, email = company.add_newcomer(Role.ENGINEER)
    browser = new_browser(client)
    browser.post("/sign-in", data={"username": email, "password": PASSWORD})
    return browser


@pytest.mark.usefixtures("ticket")
def test_a_ticket_that_was_never_seen_closed_is_still_open(browser: TestClient, resolved: str) -> None:
    card = _card(browser, resolved)
    assert "<strong>Ticket 4711 is still open</strong>: In progress" in card
    assert _reopens(card, resolved)
    # The style sheet shows one of the two forms.
    assert ('id="reopen-reason"' in card, 'id="reopen"' in browser.get(resolved).text) == (True, True)


def test_a_ticket_that_was_closed_since_is_open_again(browser: TestClient, resolved: str, ticket: Desk) -> None:
    ticket.shows["tickets"] = [CLOSED]
    closed = _card(browser, resolved)
    assert ("is open again" in closed, _reopens(closed, resolved)) == (False, False)
    ticket.shows["tickets"] = [{**PRINTER, "updated_at": "2100-01-01T00:00:00Z"}]
    card = _card(browser, resolved)
    assert "<strong>Ticket 4711 is open again</strong>: In progress" in card
    assert "after this session was resolved." in card


def test_what_closed_the_ticket_before_the_session_was_resolved_does_not_count(
    browser: TestClient, ticket: Desk, company: Company, resolved: str
) -> None:
    ticket.shows["tickets"] = [CLOSED]
    _card(browser, resolved)
    company.query("UPDATE psa_closed_tickets SET seen_at = now() - interval '1 day' RETURNING 1")
    ticket.shows["tickets"] = [PRINTER]
    assert "is still open" in _card(browser, resolved)


@pytest.mark.usefixtures("ticket")
def test_the_card_reopens_with_a_reason(browser: TestClient, resolved: str) -> None:
    id_ = resolved.rpartition("/")[2]
    reopened = send(browser, f"/tickets/context?ticket=4711&session={id_}", "/reopen")
    assert reopened.url.path == resolved
    assert "Reopened." in reopened.text
    assert "still open" not in browser.get(f"/tickets/context?ticket=4711&session={id_}").text


@pytest.mark.usefixtures("ticket")
def test_who_may_not_reopen_is_told_who_may(
    open_client: TestClient, company: Company, browser: TestClient, resolved: str
) -> None:
    colleague = _colleague(open_client, company)
    for html in (_card(colleague, resolved), colleague.get(NEW).text):
        assert not _reopens(html, resolved)
        assert "or a team admin, can reopen it." in html


def test_a_start_on_its_ticket_offers_the_resolved_session_and_changes_nothing(
    browser: TestClient, company: Company, resolved: str
) -> None:
    before = company.query("SELECT * FROM ai_sessions")
    page = browser.get(NEW)
    assert "Ticket 4711 has a resolved session" in page.text
    for said in (f'href="{resolved}"', "resolved by", "Changed the fuse.", "Reopen that session", "a new session"):
        assert said in page.text
    assert "And the cable." not in page.text
    assert company.query("SELECT * FROM ai_sessions") == before
    assert send(browser, page, "/reopen", reason="It hums again.").url.path == resolved
    assert browser.get(NEW, follow_redirects=False).headers["location"] == resolved


def test_a_newer_session_that_was_abandoned_does_not_hide_the_resolved_one(
    browser: TestClient, resolved: str
) -> None:
    said = {"problem_summary": "It does not print", "psa_ticket_id": "4711"}
    newer = browser.post("/sessions", data=said).url.path.removesuffix("/flow")
    send(browser, newer, "/abandon")
    assert f'href="{resolved}"' in browser.get(NEW).text


def test_a_ticket_typed_into_the_form_names_its_resolved_session(browser: TestClient, resolved: str) -> None:
    named = browser.get("/tickets/sessions?psa_ticket_id=4711").text
    assert "can be reopened instead" in named
    assert f'href="{resolved}"' in named
