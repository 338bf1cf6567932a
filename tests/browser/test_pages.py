"""Every page, at desktop and phone size, light and dark: nothing overflows, and axe-core finds nothing."""

from collections.abc import Callable
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
    "/sessions?status=active > .card-table a > a[href$='/verify']",
    "/sessions?status=active > tr:has(td[data-label='Flow']:text-is('–')) a",
    "/handoffs > section[aria-labelledby='waiting'] a",
    "/handoffs > section[aria-labelledby='waiting'] a > a[href$='/verify']",
    "/sessions?status=active&q=set+up+and+handed+over > .card-table a",
    "/sessions?status=active&q=set+up+and+handed+over > .card-table a > a[href$='/removal']",
    "/sessions?status=active&q=set+up+and+handed+over > .card-table a > a[href$='/remove']",
    "/sessions/new?ticket=99&text=The+printer+is+offline",
    "/sessions?status=abandoned&q=no+such+words",
    "/sessions?q=printer+re",
    "/handoffs",
    "/handoffs?state=closed",
    "/handoffs > .handoff-title",
    "/handoffs?state=acted > .handoff-title",
    "/handoffs?state=acted > .handoff:has(:text('question open')) .handoff-title",
    "/handoffs?state=acted > .handoff:has(:text('question open')) .handoff-title > main a[href^='/sessions/0']",
    "/handoffs?state=all > .handoff:has(.tone-orange:text('No ')) .handoff-title",
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
    "/analytics/load",
    "/settings/hours?start=2026-06-19T16:30&end=2026-06-22T08:20",
    "/analytics/me",
    "/analytics/psa",
    "/analytics/knowledge-gaps",
    "/analytics/savings",
    "/analytics/rows/sessions",
    "/stopwatch",
    "/settings/account",
    "/settings/escalations",
    "/settings/profile",
    "/settings/members",
    "/settings/members > a[href$='/leave']",
    "/settings/keys",
    "/settings/notifications",
    "/settings/ticket-system",
    "/settings/ticket-system/companies",
    "/settings/posting-rules",
    "/settings/imports",
    "/settings/audit-log",
    "/accounts",
    "/nowhere",
]
ALONE = ["/sign-in"]


VIOLATIONS = """(options) => axe.run({...options, resultTypes: ['violations']}).then(
    ({violations}) => violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}`)))"""

# Of rows of a table that differ in what they say, but not in what they are made of, two are left. Axe would find
# in the others what it finds in these, and most of its time goes into long lists.
LEAVE_TWO_ALIKE = """() => {
  const told = new Set(["class", "role", "scope", "style", "tabindex", "type"]);
  const attribute = ({name, value}) => told.has(name) ? `${name}=${value}` : name;
  const shape = (node) => node instanceof Text ? (node.data.trim() && "text")
    : [node.nodeName, [...node.attributes ?? []].map(attribute), [...node.childNodes].map(shape), "/"].join(" ");
  for (const list of document.querySelectorAll("tbody")) {
    const count = new Map();
    for (const row of [...list.children]) {
      const key = shape(row);
      count.set(key, (count.get(key) ?? 0) + 1);
      if (count.get(key) > 2) row.remove();
    }
  }
}"""


def go(page: Page, way: str, known: dict[str, str]) -> None:
    """Open the page at the end of a path of links. `known` has the addresses of paths followed before."""
    start, _, link = way.rpartition(" > ")
    if start and way not in known:
        go(page, start, known)
        known[way] = str(page.locator(link).first.get_attribute("href"))
    page.goto(known.get(way, way))
    page.wait_for_load_state("load")
    page.wait_for_selector(".chart:not(:has(canvas, svg))", state="detached")
    for awaited in ("Asking the ticket system", "Show what solved similar problems"):
        page.wait_for_selector(f"main :text('{awaited}')", state="detached")
    page.wait_for_selector("[data-canvas]:not([data-ready])", state="detached")


# A text without room: it is a letter or two a line, and the page is many screens long.
SQUEEZED = """() => [...document.querySelectorAll(
    "main :is(div, dd, dt, h1, h2, label, legend, li, p, span, strong, summary, td, th)")]
  .filter((text) => text.checkVisibility() && text.textContent.trim().length > 8)
  .filter((text) => text.clientWidth < 40 && text.clientHeight > 100)
  .map((text) => `${text.tagName} ${text.className}: ${text.textContent.trim().slice(0, 30)}`)"""


def misfits(page: Page) -> list[str]:
    """What is wrong with the page as a whole at its width, in words."""
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append("is wider than the screen")
    if page.locator("h1").count() != 1:
        wrong.append(f"has {page.locator('h1').count()} headings of the first rank")
    wrong += [f"squeezes {text}" for text in page.evaluate(SQUEEZED)]
    return wrong


def faults(page: Page) -> list[str]:
    """What axe finds: everything in light mode, faults of colours in dark mode."""
    wrong: list[str] = page.evaluate(VIOLATIONS, {})
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("html[data-bs-theme=dark]", state="attached")
    wrong += page.evaluate(VIOLATIONS, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return wrong


def at_each(page: Page, widths: tuple[str, ...], look: Callable[[Page], list[str]]) -> list[str]:
    """What is found at these widths."""
    wrong = []
    for width in widths:
        resize(page, width)
        wrong += [f"on a {width}: {what}" for what in look(page)]
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
        found = at_each(browser, widths, misfits)
        browser.evaluate(AXE.read_text())
        browser.evaluate(LEAVE_TWO_ALIKE)
        found += at_each(browser, widths, faults)
        wrong += [f"{way} {what}" for what in found]
    assert not wrong, "\n".join(wrong)
