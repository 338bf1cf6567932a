"""Answers in a session, by people who click fast, by two at once, and by one who is no longer signed in."""

from playwright.sync_api import expect

from tests.browser.people import Desk
from tests.browser.test_senior import begin_case
from tests.browser.test_story import begin


def test_a_second_click_does_not_answer_the_next_question(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    question = engineer.locator("#now").inner_text()
    engineer.locator(".choice").first.click()
    expect(engineer.locator("#now")).not_to_have_text(question)
    second = engineer.locator("#now").inner_text()
    engineer.mouse.down()
    engineer.mouse.up()
    engineer.keyboard.press("1")
    # What is sent after those, and waits until the page takes a click, comes after them into the record.
    engineer.get_by_label("What you found or did").fill("It hums.")
    engineer.get_by_role("button", name="Add to the record").click()
    expect(engineer.locator(".path")).to_contain_text("It hums.")
    expect(engineer.locator(".path .done")).to_have_count(2)
    expect(engineer.locator("#now")).to_have_text(second)


def test_a_click_in_an_older_tab_shows_the_present_question(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    older = engineer.context.new_page()
    # The stream is kept from it, so that it stays as it is.
    older.add_init_script("delete window.SharedWorker")
    older.route("**/api/v1/handoffs/stream*", lambda route: None)
    older.goto(engineer.url)
    engineer.locator(".choice").first.click()
    expect(engineer.locator(".path .done")).to_have_count(1)
    present = engineer.locator("#now").inner_text()
    label = older.locator(".choice span").first.inner_text()
    older.locator(".choice").first.click()
    alert = older.get_by_role("alert")
    expect(alert).to_contain_text("The session has moved on.")
    expect(alert.locator("dd")).to_contain_text(label)
    expect(older.locator("#now")).to_have_text(present)
    expect(older.locator(".path .done")).to_have_count(1)
    assert older.url == engineer.url


def test_the_key_for_the_end_leads_into_its_form_and_what_is_typed_there_answers_no_question(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    question = engineer.locator("#now").inner_text()
    engineer.set_viewport_size({"width": 1280, "height": 400})
    engineer.keyboard.press("r")
    summary = engineer.get_by_label("What solved it")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport(ratio=1)
    engineer.keyboard.type("1 new cable")
    expect(summary).to_have_value("1 new cable")
    expect(engineer.locator("#now")).to_have_text(question)


def test_an_error_is_said_at_its_field_until_the_form_is_sent_again(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    field = engineer.get_by_label("What you found or did")
    add = engineer.get_by_role("button", name="Add to the record")
    field.fill("  ")
    add.click()
    expect(engineer.locator("#f-free_text + [role=alert]")).to_have_text("Fill in this field.")
    expect(field).to_be_focused()
    expect(engineer.locator("#notes .note")).to_have_count(0)
    field.fill("It hums.")
    add.click()
    expect(engineer.locator(".path")).to_contain_text("It hums.")
    expect(engineer.locator(".invalid-feedback")).to_have_count(0)


def test_who_is_no_longer_signed_in_finds_their_words_again_once_they_are(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    session = engineer.url
    summary = engineer.get_by_label("What solved it")
    summary.evaluate("one => one.closest('details').open = true")
    summary.fill("A new cable.")
    engineer.context.clear_cookies()
    engineer.get_by_label("What you found or did").fill("It hums.")
    engineer.get_by_role("button", name="Add to the record").click()
    engineer.get_by_label("E-mail").fill("engineer@northwind.example")
    engineer.get_by_label("Password").fill(desk.password)
    engineer.get_by_role("button", name="Sign in").click()
    engineer.wait_for_url(session)
    expect(engineer.get_by_label("What you found or did")).to_have_value("It hums.")
    expect(engineer.get_by_label("What solved it")).to_have_value("A new cable.")


def test_what_is_typed_to_hand_it_over_is_there_again_after_a_link(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    session = engineer.url
    engineer.goto(f"{session}/escalate")
    engineer.get_by_label("Why", exact=True).fill("Stuck after two hours.")
    engineer.get_by_label("What you think it is").fill("I think it is the driver.\nOr the port.")
    engineer.get_by_label("Priority").select_option("high")
    engineer.get_by_role("link", name="Back to the session").click()
    engineer.wait_for_url(session)
    engineer.goto(f"{session}/escalate")
    expect(engineer.get_by_label("Why", exact=True)).to_have_value("Stuck after two hours.")
    expect(engineer.get_by_label("What you think it is")).to_have_value("I think it is the driver.\nOr the port.")
    expect(engineer.get_by_label("Priority")).to_have_value("high")


def test_a_suggestion_with_one_answer_is_sent_by_keys_with_that_answer(desk: Desk) -> None:
    page = desk.person("engineer@northwind.example")
    begin_case(page, "no flow")
    asking = page.locator("form[action$='/suggestions/done']").filter(has_text="Add what you were told").first
    asking.get_by_text("Add what you were told").click()
    asking.get_by_label("What you were told").fill("One person only.")
    asking.get_by_label("What you were told").press("Control+Enter")
    expect(page.locator(".path")).to_contain_text("One person only.")
    expect(page.locator(".invalid-feedback")).to_have_count(0)
