"""Two people at one session: steps come by themselves, what somebody writes stays, and who is there is shown."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Desk
from tests.browser.test_story import begin, escalate

ADMIN = "admin@northwind.example"


@pytest.fixture
def engineer(desk: Desk) -> Page:
    """An engineer at a session that has just begun."""
    page = desk.person("engineer@northwind.example")
    begin(page)
    return page


@pytest.fixture
def admin(desk: Desk, engineer: Page) -> Page:
    """A team admin at the same session."""
    page = desk.person(ADMIN)
    page.goto(engineer.url)
    # Both know of each other, so both are live.
    for one in (page, engineer):
        expect(one.locator(".present")).to_contain_text("is reading this.")
    return page


def answer(person: Page) -> str:
    """Press the first choice; the question that was answered."""
    question = person.locator("#now").inner_text()
    person.locator(".choice").first.click()
    expect(person.locator("#now")).not_to_have_text(question)
    return question


def add_note(person: Page, text: str) -> None:
    """Write something down."""
    person.get_by_label("What you found or did").fill(text)
    person.get_by_role("button", name="Add to the record").click()
    expect(person.locator(".path")).to_contain_text(text)


def test_a_step_of_another_moves_the_page_and_says_who_took_it(engineer: Page, admin: Page) -> None:
    label = engineer.locator(".choice span").first.inner_text()
    engineer.locator(".choice").first.focus()
    path = engineer.locator(".path").element_handle()
    question = answer(admin)
    expect(engineer.locator("#now")).to_have_text(admin.locator("#now").inner_text())
    changes = engineer.get_by_role("status").and_(engineer.locator("#changes"))
    expect(changes).to_have_text(re.compile(rf"^\S.* answered: {re.escape(label)}\. The \w+ below is new\.$"))
    expect(engineer.locator(".path")).to_contain_text(question)
    # It is the same page, with the focus where reading goes on, and the new question can be answered.
    assert path.evaluate("path => path.isConnected")
    expect(engineer.locator("#now")).to_be_focused()
    expect(engineer.locator(".fresh")).to_have_count(0)
    answer(engineer)
    expect(changes).to_be_empty()
    expect(admin.locator(".path .done")).to_have_count(2)


def test_what_somebody_writes_and_has_opened_stays(engineer: Page, admin: Page) -> None:
    engineer.get_by_text("Abandon", exact=True).click()
    note = engineer.get_by_label("What you found or did")
    note.press_sequentially("It hums and")
    add_note(admin, "It blinks.")
    expect(engineer.locator("#changes")).to_contain_text("It blinks.")
    expect(note).to_have_value("It hums and")
    expect(note).to_be_focused()
    expect(engineer.get_by_role("button", name="Abandon the session")).to_be_visible()
    note.press_sequentially(" rattles.")
    engineer.get_by_role("button", name="Add to the record").click()
    for person in (engineer, admin):
        expect(person.locator(".path .done strong")).to_have_text(["It blinks.", "It hums and rattles."])


def test_what_is_written_at_a_question_stays_with_it_until_its_writer_leaves_it(
    engineer: Page, admin: Page
) -> None:
    for _ in range(6):
        if engineer.get_by_label("What you saw").count():
            break
        answer(engineer)
    asked = engineer.locator("#now").inner_text()
    expect(admin.locator("#now")).to_have_text(asked)
    written = engineer.get_by_label("What you saw")
    written.fill("A red light")
    answer(admin)
    changes = engineer.locator("#changes")
    expect(changes).to_contain_text("What you are writing belongs to the step before.")
    expect(engineer.locator("#now")).to_have_text(asked)
    expect(written).to_have_value("A red light")
    changes.get_by_role("link").click()
    expect(engineer.locator("#now")).not_to_have_text(asked)


def test_a_page_that_slept_reads_what_it_missed(desk: Desk, engineer: Page, admin: Page) -> None:
    engineer.context.set_offline(True)
    answer(admin)
    add_note(admin, "It hums.")
    expect(engineer.locator(".path")).not_to_contain_text("It hums.")
    engineer.context.set_offline(False)
    desk.complaints[:] = [text for text in desk.complaints if "net::ERR_INTERNET_DISCONNECTED" not in text]
    expect(engineer.locator(".path")).to_contain_text("It hums.", timeout=20_000)
    expect(engineer.locator("#now")).to_have_text(admin.locator("#now").inner_text())


def test_who_reads_and_writes_is_shown_in_the_session_and_in_the_queue(desk: Desk, engineer: Page) -> None:
    url = engineer.url
    handoff = escalate(engineer)
    watcher, senior = desk.person("senior2@northwind.example"), desk.person("senior@northwind.example")
    watcher.goto("/handoffs")
    card = (
        watcher.locator("#queue .handoff").filter(has=watcher.locator(f"a[href='{handoff}']")).locator(".present")
    )
    expect(card).to_have_text(re.compile(r"\S+ is reading this\."))
    senior.goto(handoff)
    expect(card).to_contain_text("Priya")
    expect(engineer.locator(".present")).to_contain_text("Priya is reading this.")
    engineer.goto(url)
    engineer.get_by_label("What you found or did").press_sequentially("It")
    expect(senior.locator(".present")).to_contain_text("is writing.")
    engineer.get_by_label("What you found or did").fill("")
    expect(senior.locator(".present")).to_contain_text("is reading this.")
    engineer.goto("/flows")
    expect(senior.locator(".present")).to_be_hidden()
