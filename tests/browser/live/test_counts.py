"""Badge, bell, title, card and list say the same on every page, no matter who made the change."""

import re

from playwright.sync_api import Page, expect

from tests.browser.people import Desk
from tests.browser.test_story import begin, escalate

# Home has the card, the queue and the notifications have the lists, and a flow's page has nothing that is live.
PAGES = ("/", "/handoffs", "/notifications?show=unread", "/flows")


def shown(page: Page, name: str) -> int:
    """The number that the frame shows."""
    number = page.locator(f".side-body [data-count={name}] [data-number]")
    return int(number.text_content() or 0)


def expect_everywhere(page: Page, waiting: int, unread: int) -> None:
    """Each place of the page that shows one of the numbers shows this one, and so does the title."""
    for name, count in (("n_waiting", waiting), ("unread_count", unread)):
        for place in page.locator(f"[data-count={name}]").all():
            expect(place).to_have_text(re.compile(rf"^{count}( waiting| unread)?$"), timeout=10_000)
    expect(page).to_have_title(re.compile(rf"^\({waiting}\) " if waiting else r"^[^(]"))


def test_a_claim_by_one_changes_what_all_pages_of_another_show(desk: Desk) -> None:
    engineer, senior = desk.person("engineer@northwind.example"), desk.person("senior@northwind.example")
    other = desk.person("senior2@northwind.example")
    pages = {path: other if path == "/" else other.context.new_page() for path in PAGES}
    for path, page in pages.items():
        page.goto(path)
    waiting, unread = shown(other, "n_waiting"), shown(other, "unread_count")

    begin(engineer)
    handoff = escalate(engineer)
    for page in pages.values():
        expect_everywhere(page, waiting + 1, unread + 1)
    in_queue = pages["/handoffs"].locator(f"form[action='{handoff}/claim']")
    notified = pages["/notifications?show=unread"].locator(f"a[href='{handoff}']")
    expect(in_queue).to_be_visible()
    expect(notified).to_be_visible()

    senior.goto(handoff)
    senior.keyboard.press("c")
    senior.wait_for_url(re.compile("/sessions/"))
    for page in pages.values():
        expect_everywhere(page, waiting, unread)
    expect(in_queue).to_be_hidden()
    expect(notified).to_be_hidden()
