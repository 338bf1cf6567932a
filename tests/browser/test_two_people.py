"""One case and two people, to its end: asked back, answered, given back, applied, waited for and confirmed."""

import re
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.attachments.files import picture
from tests.browser.hands import Hands
from tests.browser.people import Desk, Theme
from tests.browser.test_files import paste
from tests.browser.test_pages import misfits
from tests.browser.test_story import PROBLEM

SCREENS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class Manner:
    """How both people work."""

    screen: str
    theme: Theme
    by: Literal["pointer", "keys", "pointer without scripts"]

    def hands(self, desk: Desk, who: str) -> Hands:
        """Somebody at their desk or with their phone."""
        has_scripts = self.by != "pointer without scripts"
        page = desk.person(f"{who}@northwind.example", theme=self.theme, scripts=has_scripts)
        page.set_viewport_size(SCREENS[self.screen])
        return Hands(page, self.by == "keys", has_scripts)


MANNERS = [
    Manner("desk", "light", "pointer"),
    Manner("phone", "dark", "pointer"),
    Manner("desk", "dark", "pointer without scripts"),
    Manner("phone", "light", "pointer without scripts"),
    Manner("desk", "light", "keys"),
]

# Who also edits what is on record.
EDITING = MANNERS[:1]


@pytest.mark.parametrize("manner", MANNERS, ids=lambda one: f"{one.screen}, {one.theme}, {one.by}")
def test_a_case_of_two_people_comes_to_its_end(desk: Desk, manner: Manner) -> None:
    engineer, senior = manner.hands(desk, "engineer"), manner.hands(desk, "senior")
    begin(engineer)
    if manner in EDITING:
        edit_the_record(engineer)
    handoff = escalate(engineer)
    if manner in EDITING:
        correct_the_opinion(engineer)
    claim(senior, handoff)
    ask_and_answer(senior, engineer)
    act_and_give_back(senior, engineer)
    apply_and_confirm(engineer)
    note = engineer.page.locator("#note-text")
    for said in ("Needs rights that I do not have.", "Which of the two printers?", "The one at the gate."):
        expect(note).to_contain_text(said)
    for gone in ("Winter2026", "Printer 7 hums.", "It smells."):
        expect(note).not_to_contain_text(gone)
    senior.page.goto(handoff)
    expect(senior.page.locator("main")).to_contain_text("Closed")


def begin(engineer: Hands) -> None:
    """A session, and the first answer."""
    page = engineer.page
    engineer.write("What is the problem?", PROBLEM)
    engineer.press("Find a flow and start")
    question = page.locator("#now").inner_text()
    engineer.use(page.locator(".choice").first)
    expect(page.locator(".path .done")).to_contain_text(question)
    fits(page)


def edit_the_record(engineer: Hands) -> None:
    """A screenshot, a note that is corrected, one that is struck, and a password that is removed for good."""
    page = engineer.page
    if engineer.has_scripts:
        paste(page, "#f-free_text", picture("PNG", (40, 20)))
        expect(page.locator(".files-chosen img")).to_be_visible()
    for note in ("Printer 7 hums.", "It smells.", "Signed in with Winter2026."):
        engineer.write("What you found or did", note)
        engineer.press("Add to the record")
        expect(page.locator(".path")).to_contain_text(note)
    expect(page.locator(".path [data-picture]")).to_have_count(int(engineer.has_scripts))
    corrected, struck = (page.locator(".path > li").filter(has_text=text) for text in ("hums", "smells"))
    engineer.press("Edit", within=corrected)
    corrected.get_by_label("As it should read").fill("Printer 9 hums.")
    engineer.press("Correct", within=corrected)
    expect(corrected.get_by_text("Corrected")).to_be_visible()
    engineer.press("Edit", within=struck)
    engineer.press("Strike", within=struck)
    expect(struck.get_by_text("Struck")).to_be_visible()
    at = page.url
    engineer.press("Remove words or a file for good")
    engineer.write("The words, as somebody wrote them", "Winter2026")
    engineer.press("Show where these words are")
    fits(page)
    engineer.press("Remove these words for good")
    page.goto(at)
    expect(page.locator(".path")).not_to_contain_text("Winter2026")
    fits(page)


def escalate(engineer: Hands) -> str:
    """The path of the handoff."""
    page = engineer.page
    engineer.press("Escalate")
    engineer.write("Why", "Needs rights that I do not have.")
    engineer.write("What you think it is", "I think it is the driver.\nOr the port.")
    engineer.press("Hand it over")
    page.wait_for_url(re.compile("/handoffs/"))
    return "/handoffs/" + page.url.rsplit("/", 1)[1]


def correct_the_opinion(engineer: Hands) -> None:
    """Two lines, which the form of the escalation and the one of the correction send with other line breaks."""
    opinion = engineer.page.locator("dd").filter(has_text="Or the port.").first
    engineer.press("Edit", within=opinion)
    opinion.get_by_label("As it should read").fill("I think it is the driver.\nOr port 9100.")
    engineer.press("Correct", within=opinion)
    expect(engineer.page.locator("main")).to_contain_text("Or port 9100.")


def claim(senior: Hands, handoff: str) -> None:
    """From the queue into the session."""
    senior.page.goto("/handoffs")
    fits(senior.page)
    senior.use(senior.page.locator(f"form[action='{handoff}/claim'] button"))
    senior.page.wait_for_url(re.compile("/sessions/"))
    expect(senior.page.get_by_text("I think it is the driver.").first).to_be_visible()
    fits(senior.page)


def ask_and_answer(senior: Hands, engineer: Hands) -> None:
    """A question to the engineer, which stops nothing."""
    senior.press("Ask Joan something")
    senior.write("Your question", "Which of the two printers?")
    senior.press("Ask", within=senior.page.locator("form[action$='/questions']"))
    expect(senior.page.get_by_text("no answer yet")).to_be_visible()
    engineer.page.goto(senior.page.url)
    expect(engineer.page.get_by_text("You are asked")).to_be_visible()
    engineer.write("Your answer", "The one at the gate.")
    engineer.press("Answer")
    expect(engineer.page.get_by_text("You are asked")).to_have_count(0)
    senior.look()
    expect(senior.page.locator(".lease").filter(has_text="has answered")).to_contain_text("The one at the gate.")


def act_and_give_back(senior: Hands, engineer: Hands) -> None:
    """The first action, and back to the engineer with a reason."""
    page = senior.page
    question = page.locator("#now").inner_text()
    senior.use(page.locator(".choice").first)
    expect(page.locator("#now")).not_to_have_text(question)
    expect(page.get_by_text("No action yet")).to_have_count(0)
    fits(page)
    senior.press("Give back")
    senior.write("Why, and what to do next", "Install the current driver, then wait a day.")
    senior.press("Give it back")
    page.wait_for_url(re.compile("/handoffs$"))
    engineer.look()
    expect(engineer.page.get_by_text("Install the current driver, then wait a day.").first).to_be_visible()


def apply_and_confirm(engineer: Hands) -> None:
    """A fix that has to prove itself, and has."""
    page = engineer.page
    engineer.press("Applied: wait and look again")
    engineer.write("What you did", "Installed the current driver on the print server.")
    engineer.write("What has to show that it helped", "a day of printing")
    engineer.press("Wait and look again")
    expect(page.get_by_role("heading", name="Did it help?")).to_be_visible()
    fits(page)
    engineer.press("It worked")
    page.wait_for_url(re.compile("/note$"))
    expect(page.locator("#note-text")).to_contain_text("Installed the current driver on the print server.")


def fits(page: Page) -> None:
    """The page is not wider than the screen, and has one heading of the first rank."""
    assert misfits(page) == []
