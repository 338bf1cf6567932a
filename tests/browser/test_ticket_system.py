"""From a ticket of a real Request Tracker to a resolved session and back, also while Request Tracker is down."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from flowpilot.identity.actor import Role
from tests.browser.office import Office, served_office, wait_until
from tests.browser.people import Desk
from tests.company import PASSWORD
from tests.psa.servers import request_tracker as tracker

NOTE = "The fuse of the printer had blown"
SOLVED = "Put in a new fuse."


@pytest.fixture(scope="module")
def office(run_directory: Path) -> Iterator[Office]:
    with served_office(run_directory) as office:
        yield office


@pytest.fixture(scope="module")
def system(run_directory: Path, office: Office) -> Iterator[tracker.Desk]:
    """Request Tracker, connected to the office."""
    with tracker.request_tracker(run_directory) as server:
        connection = {
            "provider": "request_tracker",
            "name": "Request Tracker",
            "base_url": server.url,
            "credentials": {"token": server.tokens["flowpilot"]},
        }
        office.ask("POST", "/psa/connections", connection, role=Role.OWNER)
        yield tracker.Desk(server)


@pytest.fixture
def engineer(browser: Browser, office: Office) -> Iterator[Page]:
    """The engineer at their browser. A complaint in its console fails the test."""
    desk = Desk(browser, office.url, PASSWORD)
    yield desk.person(office.engineer)
    desk.close()
    assert desk.complaints == []


@dataclass(frozen=True)
class Work:
    """An engineer's work on a ticket, with the keys and buttons that they use."""

    page: Page
    ticket: str

    def open(self) -> str:
        """Open what the link in the ticket system leads to; the page as it was sent."""
        sent = self.page.goto(f"/sessions/new?ticket={self.ticket}")
        assert sent is not None
        return sent.text()

    def start(self) -> str:
        """Start the session; its id."""
        self.page.get_by_label("What is the problem?").fill("The printer is offline")
        self.page.get_by_role("button", name="Find a flow and start").click()
        self.page.wait_for_url(re.compile("/sessions/[0-9a-f-]{36}"))
        return re.split("[/?]", self.page.url)[4]

    def resolve(self) -> None:
        """Write down what was found, and what solved it."""
        self.page.get_by_label("What you found or did").fill(NOTE)
        self.page.get_by_role("button", name="Add to the record").click()
        expect(self.page.locator(".path")).to_contain_text(NOTE)
        self.page.keyboard.press("r")
        self.page.get_by_label("What solved it").fill(SOLVED)
        self.page.get_by_role("button", name="Resolve the session").click()
        expect(self.page.locator("#note-text")).to_contain_text(SOLVED)


@contextmanager
def stopped(server: tracker.RequestTrackerServer) -> Iterator[None]:
    """Request Tracker is not there until the context ends, and then is where it was, with all that it has."""
    server.stop()
    try:
        yield
    finally:
        server.start()


def wait_until_confirmed(office: Office, session_id: str) -> None:
    wait_until(lambda: office.posting(session_id)["state"] == "confirmed")


def is_resting(office: Office) -> bool:
    """Whether FlowPilot has tried to post, and could not."""
    (connection,) = office.ask("GET", "/psa/connections", role=Role.OWNER)["items"]
    return connection["rests_until"] is not None


@pytest.fixture
def there(browser: Browser, system: tracker.Desk) -> Iterator[Page]:
    """A colleague at Request Tracker's own pages."""
    context = browser.new_context(base_url=system.server.url)
    page = context.new_page()
    page.goto("/?user=alex&pass=password")
    yield page
    context.close()


def comments(there: Page, ticket: str) -> Locator:
    """The comments of a ticket, as Request Tracker's page of it shows them."""
    there.goto(f"/Ticket/Display.html?id={ticket}")
    return there.locator(".transaction", has_text="Comments added")


def test_from_a_ticket_to_a_resolved_session_whose_note_and_minutes_are_in_the_ticket(
    engineer: Page, there: Page, office: Office, system: tracker.Desk
) -> None:
    work = Work(engineer, system.new_ticket())
    work.open()
    expect(engineer.get_by_role("region", name="Ticket")).to_contain_text("The printer is offline")
    expect(engineer.get_by_label("What is the problem?")).to_have_value("The printer is offline")
    session_id = work.start()
    work.resolve()
    wait_until_confirmed(office, session_id)
    comment = comments(there, work.ticket)
    expect(comment).to_contain_text(NOTE)
    expect(comment).to_contain_text(SOLVED)
    minutes = office.posting(session_id)["minutes"]
    expect(comment).to_contain_text(re.compile(rf"Comments added\s+{minutes} minute"))
    expect(comment).to_contain_text(f"{office.engineer}: {minutes} min")


def test_work_goes_on_while_request_tracker_is_down_and_arrives_once_when_it_is_back(
    engineer: Page, there: Page, office: Office, system: tracker.Desk
) -> None:
    work = Work(engineer, system.new_ticket())
    card = engineer.get_by_role("region", name="ticket").filter(has_text="Request Tracker cannot be reached.")
    with stopped(system.server):
        # The page was sent before anybody had asked.
        assert "Asking the ticket system" in work.open()
        expect(card).to_be_visible()
        session_id = work.start()
        expect(card).to_be_visible()
        work.resolve()
        wait_until(lambda: is_resting(office))
        assert office.posting(session_id)["state"] == "queued"
    wait_until_confirmed(office, session_id)
    (stored,) = system.stored(work.ticket)
    assert (stored.is_internal, stored.minutes) == (True, office.posting(session_id)["minutes"])
    assert NOTE in stored.text
    expect(comments(there, work.ticket)).to_have_count(1)
    assert not is_resting(office)
