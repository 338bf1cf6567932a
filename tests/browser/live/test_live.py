"""Pages that renew themselves, behind a proxy that sometimes fails."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from flowpilot.demo.seed import DEMO_PASSWORD
from flowpilot.handoffs.models import HandoffEventKind
from tests.browser.live.proxy import Proxy
from tests.browser.people import Desk
from tests.browser.test_story import begin, escalate

STREAM = "/api/v1/handoffs/stream"
ENGINEER = "engineer@northwind.example"
SENIOR = "senior@northwind.example"

# What a page does with streams, for the test to see. It has its own, as in a browser without shared workers.
WATCH = """
    delete window.SharedWorker;
    let streams = 0;
    window.names = new Set();
    // What it is told, since the words for it may stand there for less than a moment.
    document.addEventListener("live-state", ({ detail }) => {
      const all = [...JSON.parse(sessionStorage.states ?? "[]"), detail];
      sessionStorage.states = JSON.stringify(all);
      document.documentElement.dataset.states = all.length;
    });
    window.EventSource = class extends EventSource {
      constructor(...all) { super(...all); document.documentElement.dataset.streams = ++streams; }
      addEventListener(name, ...rest) { window.names.add(name); super.addEventListener(name, ...rest); }
    };
"""


@pytest.fixture
def behind(browser: Browser, proxy: Proxy) -> Iterator[Desk]:
    """People who reach the demo through the proxy. Its errors are in their consoles, and htmx repeats them."""
    desk = Desk(browser, proxy.url, DEMO_PASSWORD)
    yield desk
    desk.close()
    assert [
        text
        for text in desk.complaints
        if not re.search("status of 502|net::ERR_|htmx:(afterRequest|sendError|responseError)", text)
    ] == []


@pytest.fixture
def senior(behind: Desk) -> Page:
    """A senior who watches the queue."""
    page = behind.person(SENIOR)
    page.add_init_script(WATCH)
    page.goto("/handoffs")
    expect(state(page)).to_have_text("Live")
    return page


@pytest.fixture
def engineer(desk: Desk) -> Page:
    """An engineer at a session, whose connection to the demo is never disturbed."""
    page = desk.person(ENGINEER)
    begin(page)
    return page


def state(page: Page) -> Locator:
    """What the page says of its stream."""
    return page.locator("[data-live-state]")


def entry(page: Page, handoff: str) -> Locator:
    """The handoff in the queue."""
    return page.locator(f"#queue a[href='{handoff}']")


@pytest.mark.parametrize(("status", "path"), [(502, "/"), (429, STREAM)])
def test_a_page_is_live_again_after_errors_in_place_of_its_stream(
    engineer: Page, senior: Page, proxy: Proxy, status: int, path: str
) -> None:
    with proxy.refusing(status, path):
        expect(state(senior)).to_contain_text("Reconnecting, last updated")
        handoff = escalate(engineer)
        # The first one, and three that were refused.
        expect(senior.locator("html")).to_have_attribute("data-streams", "4", timeout=20_000)
        expect(entry(senior, handoff)).to_have_count(0)
    expect(state(senior)).to_have_text("Live", timeout=20_000)
    expect(entry(senior, handoff)).to_be_visible()


def test_a_part_that_cannot_be_renewed_is_renewed_later(engineer: Page, senior: Page, proxy: Proxy) -> None:
    before = senior.locator("#queue .handoff").count()
    with proxy.refusing(502, "/handoffs"), senior.expect_response("**/handoffs?*") as answer:
        handoff = escalate(engineer)
    assert answer.value.status == 502
    expect(senior.locator("#queue .handoff")).to_have_count(before)
    expect(senior.locator("#notes")).to_be_empty()
    expect(entry(senior, handoff)).to_be_visible(timeout=20_000)


def test_events_before_the_stream_is_open_are_not_missed(engineer: Page, desk: Desk) -> None:
    senior = desk.person(SENIOR)
    senior.add_init_script(WATCH)
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    senior.route(f"**{STREAM}?*", hold)
    senior.goto("/handoffs")
    handoff = escalate(engineer)
    late[0].continue_()
    expect(entry(senior, handoff)).to_be_visible()


def test_news_do_not_take_away_what_somebody_writes(engineer: Page, desk: Desk) -> None:
    """An event of any handoff renews the page."""
    handoff, other = escalate(engineer), desk.person("engineer2@northwind.example")
    begin(other)
    senior = desk.person(SENIOR)
    senior.goto(handoff)
    senior.get_by_role("button", name="Claim and continue").click()
    senior.wait_for_url("**/sessions/**")
    senior.goto(handoff)
    senior.get_by_text("Release", exact=True).click()
    reason = senior.get_by_role("textbox", name="Why*")
    reason.fill("I am")
    hear = "document.addEventListener('live-number', () => { document.documentElement.dataset.heard = ''; })"
    senior.evaluate(hear)
    escalate(other)
    expect(senior.locator("html[data-heard]")).to_have_count(1)
    reason.press_sequentially(" called away", delay=50)
    expect(reason).to_have_value("I am called away")
    reason.fill("")
    reason.blur()
    expect(reason).to_be_hidden(timeout=10_000)  # Renewed: its fold is closed.


def test_an_error_of_a_proxy_does_not_take_away_what_was_written(behind: Desk, proxy: Proxy) -> None:
    engineer = behind.person(ENGINEER)
    problem = engineer.get_by_label("What is the problem?")
    problem.fill("The label printer prints nothing")
    start = engineer.get_by_role("button", name="Find a flow and start")
    with proxy.refusing(502):
        start.click()
        expect(engineer.locator("#notes")).to_contain_text("The server cannot be reached")
    expect(problem).to_have_value("The label printer prints nothing")
    start.click()
    expect(engineer.get_by_role("heading", level=1)).to_have_text("The label printer prints nothing")


def test_a_page_listens_to_the_kinds_that_the_server_sends(senior: Page) -> None:
    names = set(senior.evaluate("[...window.names]"))
    assert names == {*HandoffEventKind, "hello", "counts", "step", "presence", "end", "error"}


def test_an_ended_stream_is_said_and_tried_again(desk: Desk) -> None:
    """The credential may have been renewed since the stream was opened. For events that were missed, no
    page is loaded again.
    """
    senior = desk.person(SENIOR)
    senior.add_init_script(WATCH)
    end = 'event: hello\ndata: {"number": 0, "caller": "%s"}\n\nevent: end\ndata: {"reason": "Sign in again."}\n\n'
    caller = senior.locator("main").get_attribute("data-caller")
    said = end % caller
    senior.route(
        f"**{STREAM}?*", lambda route: route.fulfill(content_type="text/event-stream", body=said), times=1
    )
    senior.goto("/handoffs")
    expect(senior.locator("html")).to_have_attribute("data-states", "3")
    assert senior.evaluate("JSON.parse(sessionStorage.states)") == ["live", "ended", "live"]
    expect(state(senior)).to_have_text("Live")
    assert senior.evaluate("performance.getEntriesByType('navigation')[0].type") == "navigate"


def test_a_page_of_a_time_before_a_backup_was_restored_is_loaded_again(desk: Desk) -> None:
    senior = desk.person(SENIOR)
    senior.add_init_script(WATCH)
    caller = senior.locator("main").get_attribute("data-caller")
    said = f'event: hello\ndata: {{"number": 1, "reset": true, "caller": "{caller}"}}\n\n'
    pages: list[Request] = []
    senior.on("request", lambda request: pages.append(request) if request.is_navigation_request() else None)

    def answer(route: Route) -> None:
        """Every stream of the first page, which may leave one for another that watches more."""
        if len(pages) == 1:
            route.fulfill(content_type="text/event-stream", body=said)
        else:
            route.continue_()

    senior.route(f"**{STREAM}?*", answer)
    senior.goto("/handoffs")
    # A function, because the page's policy refuses an expression that is evaluated at a later look.
    senior.wait_for_function("() => performance.getEntriesByType('navigation')[0].type === 'reload'")
    expect(state(senior)).to_have_text("Live")
