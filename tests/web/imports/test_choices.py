"""What a person chooses on the page of a file is done, and is not forgotten."""

import uuid

import pytest

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.imports.test_vendors import SAMPLES
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import fields_of, send_file, text_of

pytestmark = pytest.mark.anyio


async def test_tickets_with_rows_that_cannot_be_used_can_be_left_out(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    text = (SAMPLES / "jira.csv").read_text().replace("01/Jun/26 9:00 AM", "35/Oct/26", 1)
    page = send_file(browser, ("jira.csv", text))
    words = text_of(page.text)
    assert "1 row cannot be used." in words
    assert "Line 2, ticket HELP-1: Created is '35/Oct/26', expected a time like" in words
    fields = fields_of(page.text) | {"leave_out": ["true"]}
    again = browser.post(page.url.path, data=fields)
    words = text_of(again.text)
    assert "1 row cannot be used, so 1 ticket is left out:" in words
    assert "Import 2 cases" in words
    assert fields_of(again.text)["leave_out"] == ["true"]
    browser.post(f"{page.url.path}/save", data=fields_of(again.text) | {"name": ["Ours"]})
    assert company.query("SELECT content->'file'->'leave_out_unusable' FROM saved_mappings") == [(None,)]
    browser.post(f"{page.url.path}/start", data=fields_of(again.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    words = text_of(browser.get(page.url.path).text)
    assert "2 cases imported" in words
    assert "1 row could not be used, so 1 ticket was left out: Line 2, ticket HELP-1: Created" in words
