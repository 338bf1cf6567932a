"""What a later export would update, and which of its rows do not count, stands on its page."""

import re
import uuid
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.imports.known.test_said import HEADER, JULY, JUNE, REPEATED
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import fields_of, send_file, text_of


@pytest.mark.anyio
@pytest.mark.one_server
async def test_the_page_and_the_api_say_the_same(
    signed_in: SignedIn, client: TestClient, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    first = send_file(browser, ("june.csv", JUNE))
    browser.post(f"{first.url.path}/start", data=fields_of(first.text))
    await load_upload(database, company.id, uuid.UUID(first.url.path.rpartition("/")[2]))

    page = send_file(browser, ("july.csv", JULY))
    words = text_of(page.text)
    assert "Earlier imports brought 2 cases of this file. They are not imported again: 1 would be updated" in words
    assert "T1 Status: active → resolved Resolved: unknown → 2026-05-05 08:00:00 UTC" in words
    assert REPEATED in words
    assert "Import 2 new cases, update 1" in words
    assert "The new cases, as they will read" in words

    own = f"/api/v1/imports/uploads/{page.url.path.rpartition('/')[2]}"
    mapping = client.get(f"{own}/columns", headers=company.headers()).json()["mapping"]
    said = client.post(f"{own}/preview", json={"mapping": mapping}, headers=company.headers()).json()
    different = {"status": "active → resolved", "resolved": "unknown → 2026-05-05 08:00:00 UTC"}
    assert said["first_updated"] == [{"ticket": "T1", "different": different}]
    assert (said["updated_fields"], said["cases_losing"]) == ({"status": 1, "resolved": 1}, 0)
    assert (said["rows_repeated"], said["repeated_tickets"]) == (2, ["T3", "T4"])
    assert said["tickets_repeated_otherwise"] == 1

    browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    assert "2 rows, because a later row is of the same ticket; of 1 ticket with another content" in text_of(
        browser.get(page.url.path).text
    )


async def import_all(browser: TestClient, page: Any, company: Company, database: Database) -> Any:
    browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    return browser.get(page.url.path)


OTHERS = HEADER + "T1,2026-04-04 08:00,,Wlan is slow\nT2,2026-04-04 09:00,2026-04-04 10:00,New laptop\n"


@pytest.mark.anyio
async def test_a_person_says_whether_tickets_with_equal_numbers_are_the_same(
    signed_in: SignedIn, client: TestClient, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    june = send_file(browser, ("desk-june.csv", JUNE))
    assert fields_of(june.text)["system"] == [""]
    assert '<option value="zendesk">' in june.text
    named = browser.post(june.url.path, data=fields_of(june.text) | {"system": ["Desk"]})
    await import_all(browser, named, company, database)

    page = send_file(browser, ("other.csv", OTHERS))
    fields = fields_of(page.text)
    assert (fields["system"], "equal_numbers" in fields) == (["desk"], False)
    words = text_of(page.text)
    assert "Are these the same tickets?" in words
    assert "2 tickets have the number of one that an earlier import brought, but seem to be others." in words
    assert re.search(r"T1 No sound opened [^–]*, desk Wlan is slow opened", words)
    refused = browser.post(f"{page.url.path}/start", data=fields)
    assert "Are these the same tickets?" in text_of(refused.text)

    own = f"/api/v1/imports/uploads/{page.url.path.rpartition('/')[2]}"
    mapping = client.get(f"{own}/columns", headers=company.headers()).json()["mapping"]
    said = client.post(f"{own}/preview", json={"mapping": mapping}, headers=company.headers()).json()
    assert (said["equal_numbers"]["question"], said["equal_numbers"]["n"]) == ("other", 2)
    assert said["equal_numbers"]["examples"][0]["known"]["title"] == "No sound"

    other = browser.post(page.url.path, data=fields | {"equal_numbers": ["other"]})
    assert "An earlier import names this ticket system, too" in text_of(other.text)
    named = browser.post(page.url.path, data=fields_of(other.text) | {"system": ["North Desk"]})
    assert fields_of(named.text)["system"] == ["north_desk"]
    assert "Import 2 cases" in text_of(named.text)
    assert "2 cases imported" in text_of((await import_all(browser, named, company, database)).text)

    third = send_file(browser, ("third.csv", OTHERS))
    alike = browser.post(third.url.path, data=fields_of(third.text) | {"system": ["Third"]})
    assert "Are these tickets here already?" in text_of(alike.text)
    assert "undo the import that brought them, and import its file again under the name" in text_of(alike.text)
    same = browser.post(third.url.path, data=fields_of(alike.text) | {"equal_numbers": ["same"]})
    assert "Are these tickets here already?" not in text_of(same.text)
    assert "2 would be updated" in text_of(same.text) or "2 stay as they are" in text_of(same.text)

    again = send_file(browser, ("july.csv", JULY))
    system = browser.post(again.url.path, data=fields_of(again.text) | {"system": ["desk"]})
    assert "Import 2 new cases, update 1" in text_of(system.text)


@pytest.mark.anyio
async def test_a_saved_mapping_keeps_its_system_and_not_what_was_said_of_one_file(
    signed_in: SignedIn, company: Company
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("june.csv", JUNE))
    said = fields_of(page.text) | {"system": ["South"], "equal_numbers": ["other"], "name": ["Ours"]}
    browser.post(f"{page.url.path}/save", data=said)
    [(content,)] = company.query("SELECT content FROM saved_mappings")
    assert (content["system"], "equal_numbers" in content) == ("south", False)
    later = fields_of(send_file(browser, ("whatever.csv", JULY)).text)
    assert (later["base"], later["system"]) == (["saved:Ours"], ["south"])


@pytest.mark.anyio
async def test_what_was_left_out_is_said_after_the_import_and_the_same_file_again_brings_nothing(
    signed_in: SignedIn, client: TestClient, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    log = JUNE + "T3,2026-05-04 11:00,2026-05-04 12:00,Mouse\nTotal: 3\n"
    page = send_file(browser, ("june.csv", log))
    page = browser.post(page.url.path, data=fields_of(page.text) | {"rest": ["left_out"]})
    done = text_of((await import_all(browser, page, company, database)).text)
    assert "2 cases imported" in done
    assert "Left out 1 case, as the mapping says" in done
    assert "Left out, because it is not a row: Line 5: Total: 3" in done
    assert "imported before" not in done

    mapping = client.get(f"/api/v1/imports/uploads/{page.url.path.rpartition('/')[2]}", headers=company.headers())
    assert mapping.json()["state"] == "done"
    again = send_file(browser, ("june.csv", log))
    same = browser.post(again.url.path, data=fields_of(again.text) | {"rest": ["left_out"]})
    own = again.url.path.rpartition("/")[2]
    [(rules,)] = company.query("SELECT rules->'mapping' FROM import_runs")
    started = client.post(
        f"/api/v1/imports/uploads/{own}/start", json={"mapping": rules}, headers=company.headers()
    )
    assert started.status_code == 202, started.text
    await load_upload(database, company.id, uuid.UUID(own))
    assert "This file was imported before" in text_of(browser.get(same.url.path).text)
