"""A checklist is ticked by two people, and cannot be ended while a required item is open."""

from playwright.sync_api import Page, expect

from tests.browser.people import Desk

BEFORE = (
    "Clear, a first computer",
    "There, registered for Autopilot",
    "It reaches the desktop, all apps are there",
)
REQUIRED = ("Encryption is on.", "The recovery key is seen", "Antivirus is on", "The management agent reports.")
PROBLEM = "A new computer for the front desk of the dentist"


def tick(person: Page, name: str) -> None:
    """Tick an item, with the keyboard."""
    box = person.get_by_role("checkbox", name=name)
    box.focus()
    person.keyboard.press("Space")
    expect(person.get_by_role("checkbox", name=name)).to_be_checked()


def start_run(engineer: Page) -> None:
    """Start the procedure from its flow's page, and come to its checklist."""
    engineer.goto("/flows?q=PC+set-up")
    engineer.get_by_role("link", name="PC set-up or exchange").first.click()
    engineer.get_by_text("Start a session with this flow").click()
    engineer.get_by_label("What is the problem?").fill(PROBLEM)
    engineer.get_by_role("button", name="Start the session").click()
    for choice in BEFORE:
        engineer.get_by_role("button", name=choice).click()
    expect(engineer.locator("#now")).to_have_text("Set up [Name of the computer] so that it can be handed over.")


def test_it_cannot_be_ended_with_a_required_item_open(desk: Desk) -> None:
    engineer = desk.person("engineer2@northwind.example", width="phone")
    start_run(engineer)
    done, ending = engineer.get_by_role("button", name="All is done"), engineer.locator("#resolve")
    expect(done).to_have_count(0)
    expect(ending).to_contain_text("Not before this is done, or waived with a reason")

    engineer.get_by_role("textbox", name="Name of the computer").fill("PC-777")
    engineer.get_by_role("button", name="Save: Name of the computer").click()
    expect(engineer.locator("#now")).to_have_text("Set up PC-777 so that it can be handed over.")
    engineer.get_by_role("textbox", name="Serial number").fill("5CD9041XKZ")
    engineer.get_by_role("button", name="Save: Serial number").click()
    expect(engineer.locator("#run")).to_contain_text("2 of ")

    colleague = desk.person("engineer3@northwind.example")
    colleague.goto(engineer.url)
    for item in REQUIRED:
        tick(colleague, item)
    expect(colleague.get_by_role("button", name="Resolve the session")).to_have_count(0)

    tick(engineer, "The listed programs are installed")
    expect(engineer.get_by_role("checkbox", name="Encryption is on.")).to_be_checked()
    expect(done).to_have_count(0)
    asset = engineer.get_by_role("listitem").filter(has_text="is in the asset list")
    asset.locator("summary").filter(has_text="Not needed?").click()
    asset.get_by_label("Why is it not needed?").fill("The client keeps its own list")
    asset.get_by_role("button", name="Waive").click()
    expect(done).to_be_visible()

    engineer.get_by_role("checkbox", name="Encryption is on.").click()
    expect(engineer.get_by_role("checkbox", name="Encryption is on.")).not_to_be_checked()
    expect(done).to_have_count(0)
    tick(engineer, "Encryption is on.")
    done.click()
    expect(engineer.locator("#now")).to_contain_text("With the user signed in")


def test_it_works_without_scripts(desk: Desk) -> None:
    engineer = desk.person("engineer4@northwind.example", scripts=False)
    start_run(engineer)
    engineer.get_by_role("checkbox", name="Encryption is on.").click()
    expect(engineer.get_by_role("checkbox", name="Encryption is on.")).to_be_checked()
