"""A newcomer brings the tickets of three systems by the page alone, and the reports say what is right."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Browser, FilePayload, Page, expect

from flowpilot.identity.actor import Role
from flowpilot.migrations.opening import migrated_database
from flowpilot.settings import Settings
from tests.browser.conftest import Demo
from tests.browser.people import Desk, resize
from tests.browser.test_pages import AXE, faults, misfits
from tests.company import PASSWORD, found_company
from tests.conftest import SHARED_DATA
from tests.imports.test_vendors import SAMPLES

FIELD = SHARED_DATA / "field"
SLOW = 60_000
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pytest.fixture
def newcomer(browser: Browser, demo: Demo) -> Iterator[Page]:
    """The owner of an account with nothing in it."""

    def found() -> str:
        with migrated_database(Settings(data_dir=demo.data_dir)) as urls:
            company = found_company(urls)
            company.add_person(email := f"owner-{company.id}@example.com", Role.OWNER)
            return email

    # In a thread of its own, because Playwright runs an event loop in this one.
    with ThreadPoolExecutor(1) as pool:
        email = pool.submit(found).result()
    desk = Desk(browser, demo.url, PASSWORD)
    yield desk.person(email)
    desk.close()
    assert desk.complaints == []


def spreadsheet(file: Path) -> bytes:
    """The file as an xlsx, with its times as a spreadsheet has them."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True, "default_date_format": "dd.mm.yyyy hh:mm"}) as book:
        sheet = book.add_worksheet()
        for place, cells in enumerate(csv.reader(file.read_text().splitlines(), delimiter=";")):
            for column, text in enumerate(cells):
                try:
                    sheet.write_datetime(place, column, datetime.strptime(text, "%d.%m.%Y %H:%M"))  # noqa: DTZ007
                except ValueError:
                    sheet.write(place, column, text)
    return written.getvalue()


def choose_file(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("link", name="Settings").first.click()
    page.wait_for_url("**/settings/account")  # Other settings have the next link, too.
    page.get_by_role("navigation", name="Settings").get_by_role("link", name="Imports").click()
    page.wait_for_url("**/settings/imports")
    payload: FilePayload = {"name": name, "mimeType": _TYPES[name.rpartition(".")[2]], "buffer": content}
    page.get_by_label("The export").set_input_files(payload)
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=SLOW)
    page.wait_for_load_state()  # A choice that is made before htmx listens changes no preview.


def bring_it_in(page: Page, cases: str, days: str) -> None:
    page.get_by_role("button", name=f"Import {cases}").click()
    expect(page.locator("#progress")).to_contain_text(f"{cases} imported")
    page.get_by_role("link", name=f"Open the reports for {days}").click()


def mttr(page: Page) -> str:
    return page.locator("[aria-labelledby=kpi-mttr]").inner_text()


def take_it_back(page: Page, name: str) -> None:
    page.goto("/settings/imports")
    page.get_by_role("link", name=f"Undo the import of {name}").click()
    page.get_by_role("button", name="Remove what it brought").click()
    expect(page.get_by_text("Nothing was imported yet")).to_be_visible(timeout=20_000)


def test_three_exports_are_imported_by_the_page_alone(newcomer: Page) -> None:
    page = newcomer
    page.goto("/analytics")
    expect(page.get_by_role("link", name="Import past tickets")).to_be_visible()

    choose_file(page, "jira.csv", (SAMPLES / "jira.csv").read_bytes())
    bring_it_in(page, "3 cases", "1 Jun 2026 to 3 Jun 2026")
    assert "4 h 30 min" in mttr(page).replace("\u00a0", " ")
    take_it_back(page, "jira.csv")

    choose_file(page, "tickets.xlsx", spreadsheet(FIELD / "one-row-a-ticket.csv"))
    expect(page.get_by_text("claimed by Grace after 30 min".replace(" min", "\u00a0min"))).to_be_visible()
    bring_it_in(page, "4 cases", "3 Jun 2026 to 8 Jun 2026")
    # The mean of 180, 35 and 4,320 minutes.
    assert "1 d 1 h" in mttr(page).replace("\u00a0", " ")
    take_it_back(page, "tickets.xlsx")

    choose_file(page, "event-log.csv", (FIELD / "event-log.csv").read_bytes())
    # Another meaning changes the figures without a press, and the field keeps the focus.
    closed = page.get_by_label("Closed")
    closed.focus()
    closed.select_option("It is still open")
    expect(page.locator(".import-notes")).to_contain_text("No case has a time to resolution.")
    expect(closed).to_be_focused()
    closed.select_option("It is resolved")
    expect(page.locator(".import-notes")).not_to_contain_text("No case has a time")
    assert misfits(page) == []
    resize(page, "phone")
    assert misfits(page) == []
    page.evaluate(AXE.read_text())
    assert faults(page) == []
    bring_it_in(page, "1 case", "1 Jun 2026 to 3 Jun 2026")
    assert "2 d" in mttr(page).replace("\u00a0", " ")


def test_an_import_that_fails_ends_with_its_reason_where_its_progress_was(newcomer: Page) -> None:
    page = newcomer
    page.goto("/settings/imports")
    rows = [f"T{n},2026-05-04 08:00,2026-05-04 09:00" for n in range(20_000)]
    content = "\n".join(["Ticket,Opened,Resolved", *rows, "T20001,someday,", ""]).encode()
    choose_file(page, "long.csv", content)
    page.get_by_role("button", name="Import the file").click()
    reason = "Line 20002 (ticket T20001): Opened is 'someday'"
    expect(page.locator("#progress")).to_contain_text(reason, timeout=SLOW)
    assert misfits(page) == []
    resize(page, "phone")
    assert misfits(page) == []
    page.evaluate(AXE.read_text())
    assert faults(page) == []
    page.get_by_role("link", name="Back to the file").click()
    expect(page.get_by_label("Leave out the tickets with rows that cannot be used")).not_to_be_checked(
        timeout=SLOW
    )
