"""The senior's screen in a browser: from the claim to the first action is one press, without looking for it."""

import re
from collections.abc import Sequence
from typing import TypedDict

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.people import Desk

# A pasted e-mail: many lines, lists and a signature.
MAIL = "The printer in the warehouse is offline and nobody can print.\n" + "\n".join(
    f"- Computer {number}: the job stays in the queue, and the light is red." for number in range(25)
)
SCREENS: dict[str, ViewportSize] = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
# No flow is about this, though some are offered for words of it.
ODD = "The chair in the office does something odd.\n" + "- It squeaks, and its back is loose.\n" * 25
# What is pressed first, by whether there is a flow.
CASES = {"a flow": (MAIL, ".choice"), "no flow": (ODD, "form[action$='/suggestions/done'] button")}


def begin_case(engineer: Page, case: str) -> None:
    """A session on the case, with the flow that fits best or without one, although some are offered."""
    engineer.get_by_label("What is the problem?").fill(CASES[case][0])
    engineer.get_by_role("button", name="Find a flow and start").click()
    engineer.wait_for_url(re.compile("/sessions/"))
    if case == "no flow":
        engineer.get_by_role("link", name="Continue without a flow").click()
    elif engineer.url.endswith("/flow"):
        engineer.locator("form[action$='/flow'] button").first.click()
    engineer.wait_for_url(re.compile("/sessions/[-0-9a-f]+$"))


def escalated(desk: Desk, case: str, *, at_the_end: bool = False, notes: Sequence[str] = ()) -> str:
    """The path of a handoff, made of a pasted e-mail, with a long opinion."""
    engineer = desk.person("engineer@northwind.example")
    begin_case(engineer, case)
    if at_the_end:
        go_to_the_end(engineer)
    for note in notes:
        engineer.get_by_label("What you found or did").fill(note)
        engineer.get_by_role("button", name="Add to the record").click()
        expect(engineer.locator(".path")).to_contain_text(note)
    engineer.goto(f"{engineer.url}/escalate")
    engineer.get_by_label("Why").fill("Needs rights that I do not have.")
    engineer.get_by_label("What you think it is").fill("It may be the driver. " * 40)
    engineer.get_by_role("button", name="Hand it over").click()
    engineer.wait_for_url(re.compile("/handoffs/"))
    return "/handoffs/" + engineer.url.rsplit("/", 1)[1]


def go_to_the_end(engineer: Page) -> None:
    """Answer until the flow has nothing more to ask or to do."""
    answers = engineer.locator("main .choice")
    while answers.count():
        n_steps = engineer.locator(".path > li[id^='step-']").count()
        answers.first.click()
        expect(engineer.locator(".path > li[id^='step-']")).to_have_count(n_steps + 1)
        expect(engineer.locator(".fresh")).to_have_count(0)


def ends_at(button: Locator) -> float:
    """Where a button ends, in pixels from the top of the window."""
    box = button.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


class Place(TypedDict, total=False):
    """Where the session stands when it is escalated, and what was written before."""

    at_the_end: bool
    notes: list[str]


# How many lines the context's words take, without the room between them.
LINES = """list => [...list.querySelectorAll("dd")].reduce((n, said) =>
    n + Math.round(said.getBoundingClientRect().height / parseFloat(getComputedStyle(said).lineHeight)), 0)"""
NOTES = [
    f"Note {n}: {'I restarted the spooler, and its log shows the same error. ' * 3}".strip() for n in range(5)
]
PLACES: dict[str, Place] = {
    "a question": {"at_the_end": False},
    "a question, after many notes": {"at_the_end": False, "notes": NOTES},
    "the end": {"at_the_end": True},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("screen", SCREENS)
def test_all_ways_on_are_one_scroll_away_below_ten_lines_of_context(desk: Desk, screen: str, place: str) -> None:
    size = SCREENS[screen]
    handoff = escalated(desk, "a flow", **PLACES[place])
    senior = desk.person("senior@northwind.example")
    senior.set_viewport_size(size)
    senior.goto(handoff)
    senior.get_by_role("button", name="Claim and continue").click()
    senior.wait_for_url(re.compile("/sessions/"))
    context = senior.locator(".brief.beside")
    assert context.evaluate(LINES) <= 10
    assert ends_at(senior.get_by_role("button", name="Work without a flow")) <= size["height"]
    reach = 2 * size["height"] if screen == "phone" else size["height"]
    ask, back = (senior.locator("summary", has_text=name) for name in ("Ask Joan something", "Give back to Joan"))
    for head in (senior.locator("summary", has_text="Context"), ask, back):
        assert ends_at(head) <= reach
    assert ends_at(senior.get_by_label("What you found or did")) <= reach
    for head, button in ((ask, "Ask"), (back, "Give it back")):
        head.click()
        assert ends_at(senior.get_by_role("button", name=button, exact=True)) <= 2 * size["height"]
        head.click()


def test_a_link_to_what_is_folded_unfolds_it(desk: Desk) -> None:
    handoff = escalated(desk, "a flow", at_the_end=True)
    senior = desk.person("senior@northwind.example")
    senior.goto(handoff)
    senior.get_by_role("button", name="Claim and continue").click()
    expect(senior.get_by_label("Why, and what to do next")).to_be_hidden()
    senior.get_by_role("link", name="Give back").click()
    expect(senior.get_by_label("Why, and what to do next")).to_be_in_viewport()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_claim_leads_to_the_first_action_without_a_scroll(desk: Desk, screen: str, case: str) -> None:
    size, first = SCREENS[screen], CASES[case][1]
    handoff = escalated(desk, case)
    senior = desk.person("senior@northwind.example")
    senior.set_viewport_size(size)
    senior.goto(handoff)
    claim = senior.get_by_role("button", name="Claim and continue")
    assert ends_at(claim) <= size["height"]
    claim.click()
    senior.wait_for_url(re.compile("/sessions/"))
    expect(senior.get_by_text("No action yet: it returns to the queue at")).to_be_visible()
    button = senior.locator(first).first
    assert ends_at(button) <= size["height"]
    assert senior.evaluate("document.documentElement.scrollWidth") == size["width"]
    # It is a step, and the claimant's first action.
    n_steps = senior.locator(".path > li[id^='step-']").count()
    button.click()
    expect(senior.locator(".path > li[id^='step-']")).to_have_count(n_steps + 1)
    expect(senior.get_by_text("No action yet")).to_have_count(0)
    expect(senior.locator(".fresh")).to_have_count(0)
    button.click()
    expect(senior.get_by_text("No action yet")).to_have_count(0)
