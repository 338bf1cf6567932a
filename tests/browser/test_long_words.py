"""A long word widens no page and no table, wherever it is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from flowpilot.web.analytics.row_columns import COLUMNS
from tests.browser.long_words import LongWords
from tests.browser.people import WIDTHS, Desk, resize
from tests.browser.test_pages import PAGES, SQUEEZED
from tests.company import PASSWORD

LISTS = [page for page in PAGES if " > " not in page]
ROWS = [f"/analytics/rows/{kind}" for kind in COLUMNS]
MORE = ["/flows/new", "/flows/import"]

# What is wider than its place. A heatmap has as many columns as there are domains, and scrolls on a phone.
TOO_WIDE = """() => {
  const wrong = [];
  if (document.documentElement.scrollWidth > window.innerWidth) wrong.push("the page");
  for (const box of document.querySelectorAll(".table-responsive:not(:has(.heat))")) {
    if (box.scrollWidth > box.clientWidth + 1) wrong.push(box.getAttribute("aria-label"));
  }
  for (const text of document.querySelectorAll("main :is(.badge, .btn, h1, h2, li, p, td, th, dd)")) {
    const isInline = getComputedStyle(text).display === "inline";
    if (!isInline && text.clientWidth > 1 && text.scrollWidth > text.clientWidth + 1)
      wrong.push(`${text.tagName} ${text.className}: ${text.textContent.trim().slice(0, 30)}`);
  }
  return wrong;
}"""


@pytest.fixture
def members(browser: Browser, demo_url: str) -> Iterator[Desk]:
    """Where the members of the account sign in."""
    desk = Desk(browser, demo_url, PASSWORD)
    yield desk
    desk.close()
    assert desk.complaints == []


def too_wide(page: Page, path: str) -> list[str]:
    """What is too wide on a page of any width, with its folds closed and open."""
    page.goto(path)
    found = at_each_width(page, path)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    return found + at_each_width(page, f"{path}, unfolded")


def at_each_width(page: Page, name: str) -> list[str]:
    found = []
    for width in WIDTHS:
        resize(page, width)
        wrong = [*page.evaluate(TOO_WIDE), *(f"no room for {text}" for text in page.evaluate(SQUEEZED))]
        found += [f"{name}, on a {width}: {what}" for what in wrong]
    return found


def test_a_long_word_widens_nothing(members: Desk, long_words: LongWords) -> None:
    owner = members.person(long_words.owner)
    wrong = [what for path in [*LISTS, *ROWS, *MORE, *long_words.pages] for what in too_wide(owner, path)]
    assert not wrong, "\n".join(wrong)


def test_nor_does_what_its_author_may_correct(members: Desk, long_words: LongWords) -> None:
    # Beside a text of one's own stand its forms, which nobody else sees.
    engineer = members.person(long_words.engineer)
    wrong = [what for path in long_words.own_pages for what in too_wide(engineer, path)]
    assert not wrong, "\n".join(wrong)
