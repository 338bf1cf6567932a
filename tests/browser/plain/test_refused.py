"""Without scripts, a refused form is on the screen again, filled in, and the first wrong field has the focus."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import WIDTHS, Desk


def begun(page: Page, problem: str = "The printer in the warehouse prints nothing.") -> str:
    """The path of a new session."""
    page.get_by_label("What is the problem?").fill(problem)
    page.get_by_role("button", name="Find a flow and start").click()
    if page.url.endswith("/flow"):
        page.locator("form[action$='/flow'] button").first.click()
    page.wait_for_url(re.compile("/sessions/[-0-9a-f]+$"))
    return page.url


@pytest.mark.parametrize("width", WIDTHS)
def test_a_form_of_its_own_page_comes_back_filled_in(desk: Desk, width: str) -> None:
    page = desk.person("engineer@northwind.example", width=width, theme="dark", scripts=False)
    page.goto(f"{begun(page)}/verify")
    page.get_by_label("What you did").fill("Replaced the <b>cable</b>.")
    page.get_by_label("What has to show that it helped").fill("a day of printing")
    page.get_by_label("Another time", exact=True).fill("2020-01-01T10:00")
    page.get_by_role("button", name="Wait and look again").click()
    expect(page.get_by_text("Nothing was recorded.")).to_have_count(1)
    expect(page.get_by_label("What you did")).to_have_value("Replaced the <b>cable</b>.")
    expect(page.get_by_label("What has to show that it helped")).to_have_value("a day of printing")
    wrong = page.get_by_label("Another time", exact=True)
    expect(wrong).to_have_value("2020-01-01T10:00")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_be_focused()
    expect(page.locator("#wrong-other")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == WIDTHS[width]


def test_a_folded_form_comes_back_open(desk: Desk) -> None:
    page = desk.person("engineer@northwind.example", scripts=False)
    begun(page)
    page.locator("summary", has_text="Edit details").click()
    page.get_by_label("Title").fill("   ")
    page.get_by_label("Domain").last.fill("printing in the warehouse")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_label("Domain").last).to_have_value("printing in the warehouse")
    expect(page.locator("#wrong-problem_summary")).to_be_visible()
    expect(page.get_by_label("Title")).to_be_focused()


def test_what_is_offered_at_an_escalation_is_chosen_in_its_form(desk: Desk) -> None:
    page = desk.person("engineer@northwind.example", scripts=False)
    page.goto(f"{begun(page, 'Ticket 419888: the printer prints nothing.')}/escalate")
    page.get_by_label("Why").fill("Out of ideas after the usual checks.")
    page.get_by_label("What you think it is").fill("The fuse.")
    # What fills in a field takes scripts.
    expect(page.get_by_role("button", name="Ticket 419888?")).to_have_count(0)
    page.get_by_label("Ticket 419888, as the problem says").check()
    page.get_by_role("button", name="Hand it over").click()
    page.wait_for_url("**/handoffs/*")
    expect(page.get_by_text("The fuse.").first).to_be_visible()
    expect(page.get_by_text("419888").first).to_be_visible()
