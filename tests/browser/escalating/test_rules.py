"""The form of an escalation says what rules ask for: before it is sent, refused, and changed after that."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Desk
from tests.browser.test_pages import AXE, faults
from tests.browser.test_story import begin

BLOCKS = "No client: it cannot be handed over without at this priority."
WARNS = "No client: it can be handed over without, and the queue says so."


def _asks(desk: Desk, **rules: str) -> None:
    """Have the account ask for the client at these priorities, which no other test chooses for an escalation."""
    owner = desk.person("owner@northwind.example")
    owner.goto("/settings/escalations")
    for priority, effect in rules.items():
        owner.locator(f"[name='{priority}.client']").select_option(effect)
    owner.get_by_role("button", name="Save").click()
    expect(owner.locator("#notes")).to_contain_text("Saved")


@pytest.fixture
def form(desk: Desk) -> Iterator[Page]:
    """The form of an escalation, in an account that needs the client at low priority and asks for it if urgent."""
    _asks(desk, low="block", urgent="warn")
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    engineer.goto(f"{engineer.url}/escalate")
    engineer.get_by_label("Priority").select_option("low")
    yield engineer
    _asks(desk, low="", urgent="")


def test_what_a_rule_needs_can_be_read_in_the_dark(form: Page) -> None:
    expect(form.get_by_text(BLOCKS)).to_be_visible()
    form.evaluate(AXE.read_text())
    assert faults(form) == []


def test_what_was_refused_follows_the_priority_and_the_fields(form: Page) -> None:
    form.get_by_label("Why", exact=True).fill("Out of ideas.")
    send, client = form.get_by_role("button", name="Hand it over"), form.get_by_label("Client", exact=True)
    wrong = form.locator(".invalid-feedback")
    send.click()
    expect(wrong).to_have_count(1)
    expect(client).to_have_class(re.compile("is-invalid"))
    expect(form.get_by_text(BLOCKS)).to_be_hidden()

    form.get_by_label("Priority").select_option("urgent")
    expect(wrong).to_have_count(0)
    expect(client).not_to_have_class(re.compile("is-invalid"))
    expect(form.get_by_text(WARNS)).to_be_visible()

    form.get_by_label("Priority").select_option("low")
    expect(form.get_by_text(BLOCKS)).to_be_visible()
    send.click()
    expect(wrong).to_have_count(1)
    client.fill("Fabrikam")
    expect(wrong).to_have_count(0)
    expect(client).not_to_have_class(re.compile("is-invalid"))
    expect(form.get_by_text(BLOCKS)).to_be_hidden()
