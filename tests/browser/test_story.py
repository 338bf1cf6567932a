"""From a ticket in hand to a senior's first action, by two people side by side who click and type."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Desk

# Plain enough that its flow begins by itself, however many of the demo's sessions with it the tests hand over.
PROBLEM = "The printer does not print, it shows offline since this morning"


def press(page: Page, key: str) -> None:
    """Press a key for a choice on screen long enough to be read: a new one takes no keys."""
    expect(page.locator(".fresh")).to_have_count(0)
    page.keyboard.press(key)


def begin(engineer: Page) -> None:
    engineer.goto("/")
    engineer.keyboard.press("n")
    engineer.keyboard.type(PROBLEM)
    engineer.get_by_role("button", name="Find a flow and start").click()
    expect(engineer.get_by_role("heading", level=1)).to_have_text(PROBLEM)


def escalate(engineer: Page) -> str:
    """Hand the session in the page over; the path of its handoff."""
    engineer.keyboard.press("e")
    engineer.get_by_label("Why").fill("Needs rights that I do not have.")
    engineer.get_by_label("What you think it is").fill("I think it is the driver.")
    engineer.get_by_role("button", name="Hand it over").click()
    engineer.wait_for_url(re.compile("/handoffs/"))
    return "/handoffs/" + engineer.url.rsplit("/", 1)[1]


def test_an_escalation_from_the_first_question_to_the_note(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    senior, other = desk.person("senior@northwind.example"), desk.person("senior2@northwind.example")
    for page in (senior, other):
        page.goto("/handoffs")
        expect(page.locator("[data-live-state]")).to_have_text("Live")

    begin(engineer)
    path = engineer.locator("#path ~ *, .path")
    for _ in range(2):
        question = engineer.locator("#now").inner_text()
        press(engineer, "1")
        expect(engineer.locator("#now")).not_to_have_text(question)
        expect(path.first).to_contain_text(question)
    engineer.keyboard.press("f")
    engineer.keyboard.type("The spooler restarts by itself")
    engineer.get_by_role("button", name="Add to the record").click()
    expect(engineer.locator(".path")).to_contain_text("The spooler restarts by itself")
    handoff = escalate(engineer)

    # It arrives by itself, for both.
    claims = [page.locator(f"form[action='{handoff}/claim'] button") for page in (senior, other)]
    for claim in claims:
        expect(claim).to_be_visible(timeout=3_000)
    claims[0].click()
    senior.wait_for_url(re.compile("/sessions/"))
    expect(senior.get_by_text("Needs rights that I do not have.")).to_be_visible()
    # Everybody else's page knows it by itself.
    expect(claims[1]).to_be_hidden()
    expect(engineer.get_by_text("Held by Priya for")).to_be_visible()

    senior.keyboard.press("c")
    expect(senior.get_by_text("I think it is the driver.").first).to_be_hidden()
    senior.keyboard.press("c")
    expect(senior.get_by_text("I think it is the driver.").first).to_be_visible()
    press(senior, "1")
    expect(senior.locator(".path li").nth(3)).to_be_visible()
    expect(engineer.get_by_text("First action after")).to_be_visible()

    senior.keyboard.press("r")
    senior.get_by_label("What solved it").fill("Installed the current driver on the print server.")
    senior.get_by_role("button", name="Resolve the session").click()
    note = senior.locator("#note-text")
    expect(note).to_contain_text("Installed the current driver on the print server.")
    expect(note).to_contain_text("The spooler restarts by itself")
    expect(engineer.get_by_text("Closed", exact=True)).to_be_visible()


def test_the_loser_of_a_race_learns_it_in_the_queue(desk: Desk) -> None:
    engineer, senior = desk.person("engineer2@northwind.example"), desk.person("senior@northwind.example")
    begin(engineer)
    handoff = escalate(engineer)
    senior.goto("/handoffs")
    claim = senior.locator(f"form[action='{handoff}/claim'] button")
    expect(claim).to_be_visible()
    # The stream is kept from the slower one, so that the button is still there.
    slow = desk.person("senior2@northwind.example")
    slow.add_init_script("delete window.SharedWorker")
    slow.route("**/api/v1/handoffs/stream*", lambda route: None)
    slow.goto("/handoffs")
    expect(slow.locator("[data-live-state]")).to_have_text("Updated when the page was opened")
    claim.click()
    senior.wait_for_url(re.compile("/sessions/"))
    slow.locator(f"form[action='{handoff}/claim'] button").click()
    expect(slow.get_by_role("alert")).to_contain_text("Priya was faster and has held this handoff since")
    expect(slow.get_by_role("heading", level=1)).to_have_text("Escalations")


def test_without_scripts_reading_and_the_forms_still_work(desk: Desk) -> None:
    engineer = desk.person("engineer3@northwind.example", scripts=False)
    engineer.goto("/")
    engineer.get_by_label("What is the problem?").fill(PROBLEM)
    engineer.get_by_role("button", name="Find a flow and start").click()
    question = engineer.locator("#now").inner_text()
    engineer.locator(".choice").first.click()
    expect(engineer.locator(".path")).to_contain_text(question)
    engineer.get_by_label("What you found or did").fill("The spooler restarts by itself")
    engineer.get_by_role("button", name="Add to the record").click()
    engineer.get_by_role("link", name="Escalate", exact=True).click()
    engineer.get_by_label("Why").fill("Needs rights that I do not have.")
    engineer.get_by_role("button", name="Hand it over").click()
    expect(engineer.get_by_text("Waiting for")).to_be_visible()
    senior = desk.person("senior@northwind.example", scripts=False)
    senior.goto("/handoffs" + engineer.url.split("/handoffs")[1])
    senior.get_by_role("button", name="Claim and continue").click()
    expect(senior.get_by_text("Needs rights that I do not have.")).to_be_visible()


@pytest.mark.parametrize("who", ["owner", "admin", "engineer", "viewer"])
def test_everybody_comes_home(desk: Desk, who: str) -> None:
    page = desk.person(f"{who}@northwind.example")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good to see you")
    can_start = page.get_by_role("button", name="Find a flow and start")
    expect(can_start).to_be_hidden() if who == "viewer" else expect(can_start).to_be_visible()
