"""Of a long file, the page has seen the first rows only: what is below them is imported, or said."""

import re
import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads import looking
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import LOG, fields_of, send_file, text_of
from tests.web.imports.test_updates import import_all

HEADER = "Ticket,Opened,Resolved,Title\n"
OLD = "T1,2026-05-04 08:00,2026-05-04 09:00,No sound\nT2,2026-05-04 09:00,2026-05-04 10:00,New laptop\n"
pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def two_rows_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "MOST_ROWS", 2)


def button(html: str) -> str:
    """The tag of the button that imports."""
    found = re.search(r'<button[^>]*formaction="[^"]*/start"[^>]*>', html)
    assert found is not None
    return found[0]


async def load(page_path: str, company: Company, database: Database) -> None:
    await load_upload(database, company.id, uuid.UUID(page_path.rpartition("/")[2]))


async def test_what_is_new_below_what_is_seen_can_be_imported(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    await import_all(browser, send_file(browser, ("desk.csv", HEADER + OLD)), company, database)
    again = send_file(browser, ("desk.csv", HEADER + OLD))
    assert " disabled" in button(again.text)

    page = send_file(browser, ("desk.csv", f"{HEADER}{OLD}T3,2026-05-05 08:00,,Wlan is slow\n"))
    assert "Import the file" in text_of(page.text)
    assert " disabled" not in button(page.text)
    assert "1 case imported" in text_of((await import_all(browser, page, company, database)).text)


async def fail(browser: TestClient, company: Company, database: Database) -> str:
    """Import a file whose third row cannot be used. Return the address of its page."""
    page = send_file(browser, ("desk.csv", f"{HEADER}{OLD}T3,someday,,Wlan is slow\n"))
    waiting = browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    assert f'hx-get="{page.url.path}/progress"' in waiting.text
    await load(page.url.path, company, database)
    return str(page.url.path)


async def test_an_import_that_fails_says_why_where_its_progress_was(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    path = await fail(browser, company, database)
    ended = browser.get(f"{path}/progress").text
    assert 'id="progress"' in ended
    assert "hx-get" not in ended.partition('id="progress"')[2].partition(">")[0]
    assert "It was not imported. Line 4 (ticket T3): Opened is 'someday'" in text_of(ended)
    assert f'href="{path}"' in ended


async def test_the_reason_stays_until_the_next_try(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    path = await fail(browser, company, database)
    shown = browser.get(path)
    changed = browser.post(path, data=fields_of(shown.text) | {"rest": ["abandoned"]})
    for page in (shown, changed, browser.get(path)):
        assert "It was not imported. Line 4 (ticket T3): Opened is 'someday'" in text_of(page.text)


async def test_rows_below_what_is_seen_can_be_left_out(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    path = await fail(browser, company, database)
    shown = browser.get(path).text
    assert 'name="leave_out"' in shown
    browser.post(f"{path}/start", data=fields_of(shown) | {"leave_out": ["true"]})
    await load(path, company, database)
    done = text_of(browser.get(f"{path}/progress").text)
    assert "2 cases imported" in done
    assert "1 row could not be used, so 1 ticket was left out" in done


async def test_it_is_offered_before_the_first_try_too(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    short = send_file(browser, ("desk.csv", HEADER + OLD))
    assert 'name="leave_out"' not in short.text
    long = send_file(browser, ("desk.csv", f"{HEADER}{OLD}T3,2026-05-05 08:00,,Wlan is slow\n"))
    assert 'name="leave_out"' in long.text


async def test_an_import_that_is_stopped_says_so_where_its_progress_was(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("desk.csv", HEADER + OLD))
    path = page.url.path
    assert browser.get(f"{path}/progress").url.path == path
    browser.post(f"{path}/start", data=fields_of(page.text))
    browser.post(f"{path}/stop")
    ended = browser.get(f"{path}/progress").text
    assert 'id="progress"' in ended
    assert "The import was stopped. Nothing was imported." in text_of(ended)


HALF = "Tickets that go on below them are only half in these figures"


async def test_it_is_said_that_the_tickets_of_a_log_may_go_on_below_what_is_seen(
    signed_in: SignedIn, client: TestClient, company: Company
) -> None:
    browser = signed_in(Role.OWNER)
    log = send_file(browser, ("log.csv", LOG))
    assert HALF in text_of(log.text)
    assert HALF not in text_of(send_file(browser, ("desk.csv", f"{HEADER}{OLD}T3,2026-05-05 08:00,,Wlan\n")).text)
    assert HALF not in text_of(send_file(browser, ("short.csv", "".join(LOG.splitlines(keepends=True)[:3]))).text)

    own = f"/api/v1/imports/uploads/{log.url.path.rpartition('/')[2]}"
    mapping = client.get(f"{own}/columns", headers=company.headers()).json()["mapping"]
    said = client.post(f"{own}/preview", json={"mapping": mapping}, headers=company.headers()).json()
    assert said["warnings"][0].startswith("Only the first rows were read. Cases that go on below them")
