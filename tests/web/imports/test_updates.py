"""What a later export would update, and which of its rows do not count, stands on its page."""

import uuid

import pytest
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.imports.known.test_said import JULY, JUNE, REPEATED
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import fields_of, send_file, text_of


@pytest.mark.anyio
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
