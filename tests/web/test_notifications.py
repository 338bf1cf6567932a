"""The page of a member's notifications."""

import re
import uuid
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.base import new_id
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.settings import Settings
from tests.company import Company, run
from tests.notifications.desk import Desk
from tests.web.conftest import SignedIn

LIST = "/notifications"


Notify = Callable[..., list[uuid.UUID]]


@pytest.fixture
def notified(company: Company, settings: Settings) -> Notify:
    """`notified(*problems)` escalates each and notifies everybody; returns the ids of the events."""

    def notify(*problems: str) -> list[uuid.UUID]:
        async def work(database: Database) -> list[uuid.UUID]:
            desk = Desk(company, database, settings)
            events = [await desk.escalates(problem=problem) for problem in problems]
            await desk.work()
            return events

        return run(company.urls, work)

    return notify


def _first(page: str) -> str:
    """The path that marks the first one as read."""
    found = re.search(rf"{LIST}/[0-9a-f-]+/read", page)
    assert found is not None
    return found[0]


def test_nothing_yet_says_what_to_expect(signed_in: SignedIn) -> None:
    assert "No notifications yet" in signed_in(Role.VIEWER).get(LIST).text


def test_each_leads_to_its_handoff(signed_in: SignedIn, notified: Notify, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    notified("Printer on fire")
    [(made,)] = company.query("SELECT id FROM session_handoffs")
    page = browser.get(LIST).text
    assert "Printer on fire" in page
    assert f'href="/handoffs/{made}"' in page


def test_a_read_one_leaves_the_unread_and_stays_among_all(signed_in: SignedIn, notified: Notify) -> None:
    browser = signed_in(Role.OWNER)
    notified("Older problem", "Newer problem")
    page = browser.post(_first(browser.get(LIST).text), data={"show": "unread"}).text
    assert "Older problem" in page
    assert "Newer problem" not in page
    assert "Newer problem" in browser.get(f"{LIST}?show=all").text


def test_opening_one_marks_it_as_read(signed_in: SignedIn, notified: Notify) -> None:
    browser = signed_in(Role.OWNER)
    notified("Printer on fire")
    page = browser.get(LIST).text
    path = re.search(r'name="path" value="(/handoffs/[^"]+)"', page)
    assert path is not None
    answer = browser.post(_first(page), data={"path": path[1]}, follow_redirects=False)
    assert answer.headers["location"] == path[1]
    assert "Nothing unread" in browser.get(f"{LIST}?show=unread").text


def test_marking_all_as_read_leaves_newer_ones_unread(signed_in: SignedIn, notified: Notify) -> None:
    browser = signed_in(Role.OWNER)
    notified("Seen problem")
    newest = re.search(r'name="up_to" value="([^"]+)"', browser.get(LIST).text)
    assert newest is not None
    notified("Unseen problem")
    page = browser.post(f"{LIST}/read", data={"up_to": newest[1]}).text
    assert "All notifications are marked as read." in page
    assert "Unseen problem" in page
    assert "Seen problem" not in page


def test_with_all_read_the_page_shows_all(signed_in: SignedIn, notified: Notify) -> None:
    browser = signed_in(Role.OWNER)
    notified("Printer on fire")
    browser.post(_first(browser.get(LIST).text))
    page = browser.get(LIST).text
    assert "Printer on fire" in page
    assert "Mark all as read" not in page


def test_somebody_elses_stay_unread(signed_in: SignedIn, notified: Notify) -> None:
    browser, other = signed_in(Role.OWNER), signed_in(Role.OWNER)
    notified("Printer on fire")
    assert other.post(_first(browser.get(LIST).text)).status_code == 200
    assert "Printer on fire" in browser.get(f"{LIST}?show=unread").text


def test_the_list_is_paged(signed_in: SignedIn, notified: Notify, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    [event] = notified("Printer on fire")
    [(user_id,)] = company.query(
        "SELECT n.user_id FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.email IS NOT NULL"
    )
    for _ in range(50):
        company.add("notifications", id=new_id(), user_id=user_id, event_id=event)
    page = browser.get(f"{LIST}?show=all").text
    assert page.count("needs help with “Printer on fire”.</a>") == 50
    assert "Mark all as read" in page
    older = re.search(rf"{LIST}\?show=all&amp;cursor=[0-9a-f-]+", page)
    assert older is not None
    further = browser.get(older[0].replace("&amp;", "&")).text
    assert further.count("needs help with “Printer on fire”.</a>") == 1
    # It would leave the newer ones unread.
    assert "Mark all as read" not in further


def test_a_notification_needs_no_id_of_ours(signed_in: SignedIn) -> None:
    browser: TestClient = signed_in(Role.VIEWER)
    assert browser.post(f"{LIST}/{uuid.uuid4()}/read").status_code == 200
    assert browser.post(f"{LIST}/nonsense/read").status_code == 404


def test_one_leads_to_no_other_site(signed_in: SignedIn, notified: Notify) -> None:
    browser = signed_in(Role.OWNER)
    notified("Printer on fire")
    form = {"path": "//evil.example"}
    answer = browser.post(_first(browser.get(LIST).text), data=form, follow_redirects=False)
    assert answer.headers["location"] == "/notifications?show=unread"


def test_a_claimed_handoff_needs_no_reading(signed_in: SignedIn, notified: Notify, company: Company) -> None:
    browser = signed_in(Role.OWNER)
    notified("Printer on fire")
    [(handoff,)] = company.query("SELECT id FROM session_handoffs")
    signed_in(Role.TEAM_ADMIN).post(f"/handoffs/{handoff}/claim")
    assert "Nothing unread" in browser.get(f"{LIST}?show=unread").text
    page = browser.get(f"{LIST}?show=all").text
    assert "has claimed it." in page
    assert "fw-bold" not in page
