"""Every page, at a desk and on a phone, light and dark: nothing overflows, and axe-core finds nothing."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.people import WIDTHS, Desk, Theme

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
    "/sessions?status=active > .card-table a > a[href$='/flow']",
    "/sessions?status=active > .card-table a > a[data-key='e']",
    "/sessions?status=abandoned&q=no+such+words",
    "/handoffs",
    "/handoffs?state=closed",
    "/handoffs > .handoff-title",
    "/handoffs?state=acted > .handoff-title",
    "/notifications",
    "/flows",
    "/flows > main a[href^='/flows/0']",
    "/flows > main a[href^='/flows/0'] > a[href$='/versions']",
    "/flows > main a[href^='/flows/0'] > a[href$='/edit']",
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
    "/settings/audit-log",
    "/accounts",
    "/nowhere",
]
ALONE = ["/sign-in"]


def go(page: Page, way: str) -> None:
    start, *links = way.split(" > ")
    page.goto(start)
    for link in links:
        page.goto(str(page.locator(link).first.get_attribute("href")))


def inspect(page: Page, way: str) -> list[str]:
    """What is wrong with the page, in words."""
    page.wait_for_load_state("load")
    page.wait_for_function("[...document.querySelectorAll('.chart')].every((c) => c.querySelector('canvas, svg'))")
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        wrong.append(f"{way} is wider than the screen")
    if page.locator("h1").count() != 1:
        wrong.append(f"{way} has {page.locator('h1').count()} headings of the first rank")
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run().then(({violations}) => violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html}`)))"
    )
    return wrong + [f"{way}: {violation}" for violation in found]


@pytest.mark.parametrize(
    ("who", "width", "theme"),
    [
        *((OWNER, width, theme) for width in WIDTHS for theme in ("light", "dark")),
        (VIEWER, "desktop", "light"),
        (QUIET, "phone", "dark"),
    ],
)
def test_no_page_breaks_a_rule(desk: Desk, who: str, width: str, theme: Theme) -> None:
    stranger = desk.stranger(width=width, theme=theme)
    wrong = []
    for way in ALONE:
        go(stranger, way)
        wrong += inspect(stranger, way)
    page = desk.person(who, width=width, theme=theme)
    for way in PAGES if who == OWNER else [way for way in PAGES if " > " not in way]:
        go(page, way)
        wrong += inspect(page, way)
    assert not wrong, "\n".join(wrong)
