"""Every page, at desktop and phone size, light and dark: nothing overflows, and axe-core finds nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.people import Desk, resize

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"

OWNER = "owner@northwind.example"
VIEWER = "viewer@northwind.example"
# An account of its own kind: it has hardly any rows.
QUIET = "owner@alpenblick.example"

# Where a link on a page leads to one of many, its first such link is followed.
PAGES = [
    "/",
    "/sessions",
    "/sessions > .card-table a",
    "/sessions > .card-table a > a[data-key='t']",
    "/sessions > .card-table a > a[href$='/preview']",
    "/sessions?status=resolved > .card-table a",
    "/sessions?status=active > .card-table a > a[href$='/flow']",
    "/sessions?status=active > .card-table a > a[data-key='e']",
    "/sessions?status=active&q=A+new+computer+for > .card-table a",
    "/sessions/new?ticket=99&text=The+printer+is+offline",
    "/sessions?status=abandoned&q=no+such+words",
    "/handoffs",
    "/handoffs?state=closed",
    "/handoffs > .handoff-title",
    "/handoffs?state=acted > .handoff-title",
    "/postings",
    "/postings > .card-table a",
    "/postings?state=held > .card-table a",
    "/postings?state=held > .card-table a[href^='/sessions/'] > a[href$='/preview']",
    "/postings?ticket=no+such+ticket",
    "/notifications",
    "/clients",
    "/clients?q=no+such+client",
    "/clients > main a[href^='/clients/0']",
    "/clients > main a[href^='/clients/0'] > a[href$='/merge']",
    "/flows",
    "/flows > main a[href^='/flows/0']",
    "/flows?confirm=all",
    "/flows > main a[href^='/flows/0'] > main a[href$='/trust']",
    "/flows > main a[href^='/flows/0'] > a[href$='/versions']",
    "/flows > main a[href^='/flows/0'] > a[href$='/edit']",
    "/flows > main a[href^='/flows/0'] > a[href$='/canvas']",
    "/analytics/overview",
    "/analytics/overview?compare=true&period=90d",
    "/analytics/coverage",
    "/analytics/flow-quality",
    "/analytics/escalations",
    "/analytics/psa",
    "/analytics/knowledge-gaps",
    "/analytics/savings",
    "/analytics/rows/sessions",
    "/stopwatch",
    "/settings/account",
    "/settings/profile",
    "/settings/members",
    "/settings/members > a[href$='/leave']",
    "/settings/keys",
    "/settings/notifications",
    "/settings/ticket-system",
    "/settings/ticket-system/companies",
    "/settings/posting-rules",
    "/settings/audit-log",
    "/accounts",
    "/nowhere",
]
ALONE = ["/sign-in"]


VIOLATIONS = """(options) => axe.run({...options, resultTypes: ['violations']}).then(
    ({violations}) => violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`)))"""


def go(page: Page, way: str, known: dict[str, str]) -> None:
    """Open the page at the end of a path of links. `known` has the addresses of paths followed before."""
    start, _, link = way.rpartition(" > ")
    if start and way not in known:
        go(page, start, known)
        known[way] = str(page.locator(link).first.get_attribute("href"))
    page.goto(known.get(way, way))
    page.wait_for_load_state("load")
    page.wait_for_selector(".chart:not(:has(canvas, svg))", state="detached")
    page.wait_for_selector("main :text('Asking the ticket system')", state="detached")
    page.wait_for_selector("[data-canvas]:not([data-ready])", state="detached")


def inspect(page: Page) -> list[str]:
    """The page's faults in words: all of them in light mode, those of its colours in dark mode."""
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append("is wider than the screen")
    if page.locator("h1").count() != 1:
        wrong.append(f"has {page.locator('h1').count()} headings of the first rank")
    wrong += page.evaluate(VIOLATIONS, {})
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-bs-theme=dark]", state="attached")
    wrong += page.evaluate(VIOLATIONS, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return wrong


# The owner's pages are opened once for both widths. Those of the quiet account are opened on the phone.
@pytest.mark.parametrize(
    ("who", "widths"), [(OWNER, ("desktop", "phone")), (VIEWER, ("desktop",)), (QUIET, ("phone",))]
)
def test_no_page_breaks_a_rule(desk: Desk, who: str, widths: tuple[str, ...]) -> None:
    known: dict[str, str] = {}
    stranger, page = desk.stranger(width=widths[0]), desk.person(who, width=widths[0])
    ways = PAGES if who == OWNER else [way for way in PAGES if " > " not in way]
    wrong = []
    for browser, way in [*((stranger, way) for way in ALONE), *((page, way) for way in ways)]:
        resize(browser, widths[0])
        go(browser, way, known)
        browser.evaluate(AXE.read_text())
        for width in widths:
            resize(browser, width)
            wrong += [f"{way} on a {width}: {what}" for what in inspect(browser)]
    assert not wrong, "\n".join(wrong)
