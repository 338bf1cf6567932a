"""The tabs of one browser share one stream, and a stream belongs to the person whose pages show it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from flowpilot.demo.seed import DEMO_PASSWORD
from tests.browser.live.proxy import Proxy
from tests.browser.live.test_together import add_note
from tests.browser.people import Desk
from tests.browser.test_story import begin, escalate

STREAM = "/api/v1/handoffs/stream"


@pytest.fixture
def behind(browser: Browser, proxy: Proxy) -> Iterator[Desk]:
    """People who reach the demo through the proxy, which knows their connections."""
    desk = Desk(browser, proxy.url, DEMO_PASSWORD)
    yield desk
    desk.close()


def expect_streams(page: Page, url: str, count: int) -> None:
    """So many streams are open at the server, once it has noticed the closed ones."""
    for _ in range(100):
        text = page.request.get(f"{url}/metrics").text()
        if f"\nflowpilot_live_streams {float(count)}\n" in text:
            return
        page.wait_for_timeout(100)
    raise AssertionError(text)


def expect_live(*pages: Page) -> None:
    for page in pages:
        expect(page.locator("[data-live-state]")).to_have_text("Live")


def test_two_tabs_have_one_connection_and_each_hears_what_it_watches(
    behind: Desk, desk: Desk, proxy: Proxy
) -> None:
    """The other stream is the engineer's."""
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    queue = behind.person("senior@northwind.example")
    queue.goto("/handoffs")
    session = queue.context.new_page()
    session.goto(engineer.url.removeprefix(behind.url).removeprefix(desk.url))
    expect(session.locator(".present")).to_contain_text("is reading this.")
    expect_live(queue)
    expect_streams(queue, desk.url, 2)
    add_note(engineer, "It hums.")
    expect(session.locator(".path")).to_contain_text("It hums.")
    handoff = escalate(engineer)
    expect(queue.locator(f"#queue a[href='{handoff}']")).to_be_visible()
    # The tab that is left keeps it, and it is opened again if it is lost.
    session.close()
    # It says so for a shorter time than may pass between two looks at it.
    mark = "({ detail }) => { document.documentElement.dataset[detail] = ''; }"
    hear = f"document.addEventListener('live-state', {mark})"
    queue.evaluate(hear)
    proxy.break_off(STREAM)
    expect(queue.locator("html[data-reconnecting]")).to_have_count(1)
    expect_live(queue)
    expect_streams(queue, desk.url, 2)


def test_a_page_of_somebody_who_has_signed_out_does_not_hear_the_next_person(behind: Desk, proxy: Proxy) -> None:
    old = behind.person("senior@northwind.example")
    old.goto("/handoffs")
    expect_live(old)
    new = old.context.new_page()
    new.goto("/")
    new.get_by_role("button", name="Sign out").click()
    new.fill("[name=username]", "engineer@northwind.example")
    new.fill("[name=password]", DEMO_PASSWORD)
    new.click("button[type=submit]")
    new.wait_for_url("**/")
    new.goto("/handoffs")
    expect_live(new)
    proxy.break_off(STREAM)
    expect(old.locator("[data-live-state]")).to_contain_text("No longer live", timeout=10_000)
    expect_live(new)
    # Its next page is that of the person who is signed in now, and live again.
    old.locator(".side-body").get_by_role("link", name="Escalations").click()
    expect_live(old)
