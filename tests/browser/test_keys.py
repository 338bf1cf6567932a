"""A session worked on with the keyboard: keys after typing, sending without a mouse, and the focus afterwards."""

import re

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.people import Desk
from tests.browser.test_senior import begin_case, go_to_the_end
from tests.browser.test_story import begin, press

NOTE = "What you found or did"


@pytest.fixture
def engineer(desk: Desk) -> Page:
    """An engineer at a session that has just begun."""
    page = desk.person("engineer@northwind.example")
    begin(page)
    return page


def test_a_session_is_worked_on_without_a_mouse(engineer: Page) -> None:
    question = engineer.locator("#now")
    first = question.inner_text()
    press(engineer, "1")
    expect(question).not_to_have_text(first)
    expect(question).to_be_focused()
    second = question.inner_text()
    engineer.keyboard.press("f")
    engineer.keyboard.type("It hums. 1")
    press(engineer, "Control+Enter")
    expect(engineer.locator(".path")).to_contain_text("It hums. 1")
    expect(question).to_have_text(second)
    expect(engineer.get_by_label(NOTE)).to_have_value("")
    engineer.keyboard.press("f")
    expect(engineer.get_by_label(NOTE)).to_be_focused()
    engineer.keyboard.type("2")
    engineer.keyboard.press("Escape")
    expect(engineer.get_by_label(NOTE)).not_to_be_focused()
    press(engineer, "1")
    expect(question).not_to_have_text(second)
    engineer.keyboard.press("?")
    keys = engineer.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Escalate")
    expect(keys).to_contain_text("Send the form that you write in")
    engineer.keyboard.press("Escape")
    expect(keys).to_have_count(0)


def test_what_is_typed_after_a_form_was_opened_is_written_in_it(engineer: Page) -> None:
    question = engineer.locator("#now")
    first = question.inner_text()
    opened = engineer.locator("summary", has_text="No ticket")
    opened.click()
    field = opened.locator("xpath=..").get_by_role("textbox", name="Ticket")
    expect(field).to_be_focused()
    engineer.keyboard.type("1234")
    expect(field).to_have_value("1234")
    # Whoever goes back to the heading has not left the form; Esc leaves it.
    opened.focus()
    engineer.keyboard.press("1")
    expect(question).to_have_text(first)
    engineer.keyboard.press("Escape")
    press(engineer, "1")
    expect(question).not_to_have_text(first)


def test_what_is_typed_after_a_link_to_a_form_is_written_in_it(engineer: Page) -> None:
    go_to_the_end(engineer)
    engineer.locator("main .actions").get_by_role("link", name="Resolve").click()
    field = engineer.get_by_label("What solved it")
    expect(field).to_be_focused()
    field.fill("")
    engineer.keyboard.type("b1")
    expect(field).to_have_value("b1")


def test_one_goes_on_behind_the_words_that_are_in_a_form(engineer: Page) -> None:
    sent(engineer, engineer.get_by_label(NOTE), "It hums.")
    step = engineer.locator(".path > li").filter(has_text="It hums.")
    step.locator("summary", has_text="Edit").click()
    field = step.get_by_label("As it should read")
    expect(field).to_be_focused()
    engineer.keyboard.type(" A lot.")
    expect(field).to_have_value("It hums. A lot.")


def test_a_form_with_several_buttons_is_not_sent_by_one_of_them(engineer: Page) -> None:
    for _ in range(6):
        if engineer.get_by_label("What you saw").count():
            break
        asked = engineer.locator("#now").inner_text()
        press(engineer, "1")
        expect(engineer.locator("#now")).not_to_have_text(asked)
    asked = engineer.locator("#now").inner_text()
    engineer.get_by_label("What you saw").fill("A red light")
    engineer.get_by_label("What you saw").press("Control+Enter")
    expect(engineer.locator(".choice").first).to_be_focused()
    expect(engineer.locator("#now")).to_have_text(asked)
    engineer.keyboard.press("Enter")
    expect(engineer.locator(".path")).to_contain_text("A red light")


def test_a_second_press_sends_nothing(engineer: Page) -> None:
    sent: list[Request] = []
    engineer.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    engineer.get_by_label(NOTE).fill("It hums.")
    add = engineer.get_by_role("button", name="Add to the record")
    add.evaluate("button => { button.focus(); button.click(); button.click(); }")
    expect(engineer.locator(".path")).to_contain_text("It hums.")
    assert sum(request.url.endswith("/steps") for request in sent) == 1
    expect(engineer.locator(".path .done")).to_have_count(1)
    expect(add).to_be_focused()


def test_words_typed_elsewhere_on_the_page_survive_an_answer_and_are_gone_once_recorded(engineer: Page) -> None:
    question = engineer.locator("#now")
    first = question.inner_text()
    engineer.keyboard.press("f")
    engineer.keyboard.type("12 tries")
    engineer.keyboard.press("Escape")
    press(engineer, "1")
    expect(question).not_to_have_text(first)
    expect(engineer.get_by_label(NOTE)).to_have_value("12 tries")
    engineer.reload()
    expect(engineer.get_by_label(NOTE)).to_have_value("12 tries")
    engineer.get_by_label(NOTE).press("Control+Enter")
    expect(engineer.locator(".path")).to_contain_text("12 tries")
    expect(engineer.get_by_label(NOTE)).to_have_value("")


def test_enter_gives_no_answer_by_chance_and_what_was_done_is_said_for_a_while(desk: Desk) -> None:
    page = desk.person("engineer@northwind.example")
    begin_case(page, "no flow")
    page.get_by_text("Not this one").first.click()
    page.get_by_label("What is wrong with it").first.fill("It has no back.")
    page.get_by_label("What is wrong with it").first.press("Enter")
    expect(page.locator("form[action$='/suggestions/dismiss'] button").first).to_be_focused()
    said = page.locator("#notes .note")
    expect(said).to_have_count(0)
    page.clock.install()
    page.keyboard.press("Enter")
    expect(said).to_contain_text("Dismissed.")
    expect(said).to_have_attribute("data-passing", "")  # Its time has begun.
    # Not the same button of the suggestion that takes its place: Enter once more would answer that one.
    expect(page.locator("#now")).to_be_focused()
    page.clock.fast_forward(13_000)
    expect(said).to_have_count(0)


def test_a_number_key_opens_a_handoff_of_the_queue(desk: Desk) -> None:
    page = desk.person("senior@northwind.example")
    page.goto("/handoffs")
    path = page.locator(".handoff-title").first.get_attribute("href")
    press(page, "1")
    page.wait_for_url(f"**{path}")


def sent(page: Page, field: Locator, text: str) -> None:
    """Write it, and send it with Ctrl+Enter."""
    expect(page.locator(".fresh")).to_have_count(0)
    field.fill(text)
    field.press("Control+Enter")


def test_corrections_and_fixes_are_sent_without_a_mouse_and_the_focus_stays(engineer: Page) -> None:
    at = engineer.url
    sent(engineer, engineer.get_by_label(NOTE), "It hums.")
    step = engineer.locator(".path > li").filter(has_text="It hums.")
    expect(engineer.get_by_label(NOTE)).to_be_focused()
    step.locator("summary", has_text="Edit").click()
    sent(engineer, step.get_by_label("As it should read"), "It rattles.")
    corrected = engineer.locator(".path > li").filter(has_text="It rattles.")
    expect(corrected.get_by_text("Corrected")).to_be_visible()
    # The fold with the field is closed again.
    expect(corrected.locator(".step-menu > summary")).to_be_focused()
    engineer.goto(f"{at}/remove")
    words = engineer.get_by_label("The words, as somebody wrote them")
    sent(engineer, words, "It rattles.")
    expect(engineer.get_by_role("button", name="Remove these words for good")).to_be_visible()
    engineer.goto(f"{at}/verify")
    engineer.get_by_label("What you did").fill("Replaced the cable.")
    sent(engineer, engineer.get_by_label("What has to show that it helped"), "a day of printing")
    expect(engineer.get_by_role("heading", name="Did it help?")).to_be_visible()
    expect(engineer.locator("#now")).to_be_focused()


def test_after_a_fix_that_did_not_help_the_focus_is_at_the_step_and_not_in_its_form(engineer: Page) -> None:
    for _ in range(6):
        if engineer.get_by_label("What you saw").count():
            break
        asked = engineer.locator("#now").inner_text()
        press(engineer, "1")
        expect(engineer.locator("#now")).not_to_have_text(asked)
    step, session = engineer.locator("#now").inner_text(), engineer.url
    engineer.goto(f"{session}/verify")
    engineer.get_by_label("What you did").fill("Replaced the cable.")
    sent(engineer, engineer.get_by_label("What has to show that it helped"), "a day of printing")
    expect(engineer.get_by_role("heading", name="Did it help?")).to_be_focused()
    where = engineer.locator("summary", has_text="Where it is now")
    expect(where).to_contain_text(step)
    expect(engineer.get_by_text("How it can turn out")).to_be_hidden()
    where.click()
    expect(engineer.get_by_text("How it can turn out")).to_be_visible()
    sent(engineer, engineer.get_by_label("What you saw instead"), "It hums again.")
    expect(engineer.locator("#now")).to_have_text(step)
    expect(engineer.locator("#now")).to_be_focused()


def test_what_two_people_say_at_a_handoff_is_sent_without_a_mouse_and_the_focus_stays(
    desk: Desk, engineer: Page
) -> None:
    session = engineer.url
    engineer.keyboard.press("e")
    sent(engineer, engineer.get_by_label("Why"), "Needs rights that I do not have.")
    engineer.wait_for_url(re.compile("/handoffs/"))
    handoff = engineer.url
    expect(engineer.get_by_role("heading", level=1)).to_be_focused()
    sent(engineer, engineer.get_by_label("You have not said so yet."), "It may be the driver.")
    expect(engineer.locator("#opinion")).to_have_count(0)
    # Its form is gone.
    expect(engineer.get_by_role("heading", level=1)).to_be_focused()
    senior = desk.person("senior@northwind.example")
    senior.goto(handoff)
    press(senior, "c")
    senior.wait_for_url(session)
    ask = senior.locator("#ask-question")
    senior.locator("summary", has_text="Ask Joan something").click()
    sent(senior, ask, "Which printer?")
    expect(senior.get_by_text("no answer yet")).to_be_visible()
    again = senior.locator("summary", has_text="Ask Joan something else")
    expect(again).to_be_focused()
    # A page that scrolled slowly to the top would not be stopped by the focus. Other tests ask for no motion.
    senior.emulate_media(reduced_motion="no-preference")
    assert senior.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    expect(again).to_be_in_viewport()
    engineer.goto(session)
    sent(engineer, engineer.get_by_label("Your answer"), "The small one.")
    expect(engineer.get_by_text("You are asked")).to_have_count(0)
    expect(engineer.locator("#now")).to_be_focused()
    back = senior.locator("#give-back")
    back.locator("summary").click()
    back.get_by_label("It says too little to work with").check()
    sent(senior, back.get_by_label("Why, and what to do next"), "Which driver is it?")
    senior.wait_for_url(re.compile("/handoffs$"))
    expect(senior.get_by_role("heading", level=1)).to_be_focused()
    engineer.goto(session)
    expect(engineer.get_by_text("Priya sent this back")).to_be_visible()


def test_what_a_paste_leaves_out_is_said_at_the_field(desk: Desk) -> None:
    page = desk.person("engineer@northwind.example")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    problem = page.get_by_label("What is the problem?")
    page.evaluate("navigator.clipboard.writeText('x'.repeat(22045))")
    problem.press("ControlOrMeta+v")
    cut = page.get_by_text("The end is missing: 12,045 more characters than the 10,000 that fit here.")
    expect(cut).to_be_visible()
    problem.fill("The printer is offline")
    expect(cut).to_have_count(0)
