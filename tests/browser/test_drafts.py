"""Edits on the canvas are saved as one types, and none is lost: by two people, without a network, in a crash."""

import re

from playwright.sync_api import expect

from tests.browser.canvas import (
    ADMIN,
    OWNER,
    forget_failures,
    new_flow,
    node,
    open_canvas,
    state,
    wait_until_saved,
)
from tests.browser.people import Desk


def test_two_people_who_edit_one_draft_lose_nothing(desk: Desk) -> None:
    one, other = desk.person(OWNER), desk.person(ADMIN)
    path = new_flow(one, "Canvas: two people")
    open_canvas(one, path)
    open_canvas(other, path)
    other.get_by_label("Text", exact=True).fill("Asked by Luis?")
    wait_until_saved(other)
    node(one, "Hand over to a senior").click()
    one.get_by_label("Text", exact=True).fill("Handed over by Dana.")
    dialog = one.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"Luis saved this draft at \d\d:\d\d"))
    expect(dialog.locator("[data-theirs]")).to_have_text("1. Question: Asked by Luis?")
    for _ in range(2):
        one.keyboard.press("Escape")
    dialog.get_by_role("button", name="Combine both").click()
    wait_until_saved(one)
    for words in ("Asked by Luis?", "Handed over by Dana."):
        expect(node(one, words)).to_be_visible()

    node(other, "Hand over to a senior").click()
    other.get_by_label("Text", exact=True).fill("Handed over by Luis.")
    dialog = other.get_by_role("dialog")
    expect(dialog.locator("[data-theirs]")).to_have_text("3. Escalation: Handed over by Dana.")
    expect(dialog.locator("[data-mine]")).to_have_text("3. Escalation: Handed over by Luis.")
    expect(dialog.get_by_role("button", name="Combine both")).to_be_hidden()
    dialog.get_by_role("button", name="Take theirs").click()
    expect(node(other, "Handed over by Dana.")).to_be_visible()
    other.get_by_role("button", name="Undo").click()
    expect(node(other, "Handed over by Luis.")).to_be_visible()
    wait_until_saved(other)


def test_without_the_server_edits_are_kept_and_sent_later(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: offline"))
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill("Typed without a network?")
    expect(state(page)).to_contain_text("Not saved: The server cannot be reached.")
    page.context.set_offline(False)
    wait_until_saved(page)
    forget_failures(desk)


def test_edits_of_a_window_that_crashed_are_offered_again(desk: Desk) -> None:
    page = desk.person(OWNER)
    path = new_flow(page, "Canvas: crash")
    open_canvas(page, path)
    page.context.set_offline(True)
    page.get_by_label("Text", exact=True).fill("Typed before the crash?")
    expect(state(page)).to_contain_text("Not saved")
    page.route("**/draft", lambda route: route.abort())
    crashed, page = page, page.context.new_page()
    page.context.set_offline(False)
    open_canvas(page, path)
    page.get_by_label("Help (optional)").fill("Typed before it was restored.")
    wait_until_saved(page)
    page.reload()
    page.get_by_role("button", name="Restore them").click()
    page.get_by_role("button", name="Keep mine as the draft").click()
    expect(node(page, "Typed before the crash?")).to_be_visible()
    wait_until_saved(page)
    crashed.close()
    forget_failures(desk)


def test_a_node_without_text_is_not_sent_and_says_so(desk: Desk) -> None:
    page = desk.person(OWNER)
    open_canvas(page, new_flow(page, "Canvas: empty text"))
    page.get_by_label("Text", exact=True).fill("")
    expect(state(page)).to_contain_text("Not saved yet: node 1 has no text.")
    page.get_by_label("Text", exact=True).fill("Worded?")
    wait_until_saved(page)
