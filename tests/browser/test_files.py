"""Screenshots in a session, by somebody who pastes them."""

import base64

from playwright.sync_api import Page, expect

from tests.attachments.files import picture
from tests.browser.people import Desk
from tests.browser.test_story import begin

_PASTE = """([target, name, type, content]) => {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], name, { type }));
    document.querySelector(target).dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""


_DROP = """([target, name, content]) => {
    const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
    const at = document.querySelector(target);
    for (const kind of ["dragover", "drop"]) {
        at.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
    }
}"""


def paste(page: Page, target: str, content: bytes, name: str = "image.png", type_: str = "image/png") -> None:
    """Ctrl+V, with this in the clipboard."""
    page.evaluate(_PASTE, [target, name, type_, base64.b64encode(content).decode()])


def drop(page: Page, target: str, content: bytes, name: str) -> None:
    """A file, dragged from the desktop and let go there."""
    page.evaluate(_DROP, [target, name, base64.b64encode(content).decode()])


def test_a_screenshot_is_pasted_seen_sent_and_opened(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    question = engineer.locator("#now").inner_text()
    paste(engineer, "#f-free_text", picture("JPEG", (2600, 1300)), "photo.jpg", "image/jpeg")
    chosen = engineer.locator("#free + form .files-chosen > li")
    expect(chosen.locator("img")).to_be_visible()
    paste(engineer, "#f-free_text", b"MZ\x90\x00", "tool.exe", "")
    expect(chosen.nth(1)).to_contain_text("tool.exe: This kind of file cannot be attached.")
    chosen.nth(1).get_by_role("button", name="Remove tool.exe").click()
    engineer.get_by_role("button", name="Add to the record").click()
    link = engineer.locator(".path [data-picture]")
    expect(link).to_have_count(1)
    expect(link.locator("img")).to_have_js_property("complete", True)
    expect(engineer.locator("#now")).to_have_text(question)
    link.click()
    shown = engineer.get_by_role("dialog").locator("img")
    # The browser made it smaller.
    expect(shown).to_have_js_property("naturalWidth", 2000)
    engineer.keyboard.press("Escape")
    expect(engineer.get_by_role("dialog")).to_have_count(0)
    expect(link).to_be_focused()


def test_files_are_dropped_and_chosen(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    chosen = engineer.locator("#free + form .files-chosen > li")
    drop(engineer, "#free", picture(), "dropped.png")
    expect(chosen.nth(0).locator("img")).to_be_visible()
    engineer.locator("#free + form input[type=file]").set_input_files(
        {"name": "system.log", "mimeType": "text/plain", "buffer": b"event 41\n"}
    )
    expect(chosen.nth(1).locator("input[name=attachments]")).to_be_attached()
    drop(engineer, "#free", b"<svg/>", "plan.svg")
    expect(chosen.nth(2).locator(".name")).to_have_text("plan.svg.txt")
    expect(chosen.nth(2)).to_contain_text("plan.svg is kept under this name, whose ending says what is in it.")
    engineer.get_by_role("button", name="Add to the record").click()
    expect(engineer.locator(".path").get_by_alt_text("dropped.png")).to_be_visible()
    expect(engineer.locator(".path").get_by_role("link", name="system.log")).to_be_visible()


def test_what_is_offered_at_a_form_is_filled_in_and_the_chosen_files_stay(desk: Desk) -> None:
    engineer = desk.person("engineer@northwind.example")
    begin(engineer)
    details = engineer.locator("details", has=engineer.locator("summary", has_text="Edit details"))
    details.locator("summary").click()
    details.get_by_label("Title").fill("Ticket 419888: the printer prints nothing")
    details.get_by_role("button", name="Save").click()
    expect(engineer.get_by_role("heading", level=1)).to_contain_text("Ticket 419888")
    engineer.keyboard.press("e")
    engineer.wait_for_url("**/escalate")
    engineer.locator("form.escalation input[type=file]").set_input_files(
        {"name": "system.log", "mimeType": "text/plain", "buffer": b"event 41\n"}
    )
    chosen = engineer.locator(".files-chosen > li")
    expect(chosen.locator("input[name=attachments]")).to_be_attached()
    engineer.get_by_role("button", name="Ticket 419888?").click()
    ticket = engineer.get_by_label("Ticket", exact=True)
    expect(ticket).to_have_value("419888")
    expect(ticket).to_be_focused()
    expect(engineer.get_by_role("button", name="Ticket 419888?")).to_have_count(0)
    expect(chosen).to_have_count(1)
    assert engineer.url.endswith("/escalate")
