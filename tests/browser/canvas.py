"""What the tests of the canvas do on its page."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Desk

OWNER, ADMIN = "owner@northwind.example", "admin@northwind.example"


def new_flow(page: Page, name: str) -> str:
    """A draft as every new flow begins: a question with two answers, a resolution and an escalation. Its path."""
    page.goto("/flows/new")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    return page.url.partition("/edit")[0]


def open_canvas(page: Page, path: str) -> None:
    page.goto(f"{path}/canvas")
    expect(page.locator("[data-canvas][data-ready]")).to_be_attached()


def node(page: Page, words: str) -> Locator:
    """The card of a node."""
    return page.locator(".canvas-node").filter(has=page.locator(".canvas-text", has_text=words))


def state(page: Page) -> Locator:
    """The word of what is saved."""
    return page.locator("[data-state]")


def wait_until_saved(page: Page) -> None:
    expect(state(page)).to_have_text(re.compile(r"^Saved \d\d:\d\d, last edited by you\.$"))


def drag(page: Page, source: Locator, target: Locator) -> None:
    """With the mouse, in steps, as a person does."""
    source.hover()
    page.mouse.down()
    box = target.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=8)
    page.mouse.up()


def forget_failures(desk: Desk) -> None:
    """Chromium complains of the network that the test took away."""
    desk.complaints[:] = [one for one in desk.complaints if "net::ERR" not in one]
