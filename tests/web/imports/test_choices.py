"""What a person chooses on the page of a file is done, and is not forgotten."""

import re
import uuid

import pytest

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.imports.test_vendors import SAMPLES
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import PATH, fields_of, role_of, send_file, text_of

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
    assert re.search(r"The file's columns are: Created, .*, Summary, .* and 3 more\.", words)
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


@pytest.mark.parametrize(
    ("typed", "use"),
    [("Tokyo", "Use Asia/Tokyo."), ("new york", "Use America/New_York."), ("UTC+1", "Use a name such as")],
)
async def test_a_zone_that_is_none_is_said_and_not_passed_over(
    signed_in: SignedIn, company: Company, typed: str, use: str
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("jira.csv", (SAMPLES / "jira.csv").read_text()))
    fields = fields_of(page.text) | {"zone": [typed]}
    for path in (page.url.path, f"{page.url.path}/start"):
        again = browser.post(path, data=fields)
        assert f"{typed!r} is not an IANA time zone. {use}" in text_of(again.text)
        assert fields_of(again.text)["zone"] == [typed]
    assert company.query("SELECT state FROM import_uploads") == [("kept",)]
    right = browser.post(page.url.path, data=fields | {"zone": ["Asia/Tokyo"]})
    assert "Import 3 cases" in text_of(right.text)


TICKETS = """Number,Opened,Resolved,Closed,Who
1,2026-06-01 09:00,2026-06-01 10:00,2026-06-02 09:00,Ada
2,2026-06-01 11:00,2026-06-01 13:00,2026-06-02 11:00,Grace
"""


async def test_of_a_guessed_file_the_cells_that_are_no_times_are_named(signed_in: SignedIn) -> None:
    rows = "".join(f"{n},2026-06-0{n} 09:00,2026-06-0{n} 10:00,Ada\n" for n in range(3, 9))
    wrong = "1,someday,,Ada\n2,,,Grace\n"
    page = send_file(signed_in(Role.OWNER), ("log.csv", f"Number,Opened,Resolved,Who\n{rows}{wrong}Total,,6,\n"))
    words = text_of(page.text)
    assert "Line 8, ticket 1: Opened is 'someday', expected a time like 2026-01-31 14:30" in words
    assert "Line 9, ticket 2: Opened is '', which means unknown, but every row needs a time like" in words
    assert "The file's columns are: Number, Opened, Resolved, Who." in words
    assert "2 rows cannot be used" in words


async def test_a_file_whose_times_cannot_be_read_says_what_to_do(signed_in: SignedIn) -> None:
    log = "Number,Opened,Resolved\n1,week 23,week 24\n2,week 25,\n"
    words = text_of(send_file(signed_in(Role.OWNER), ("log.csv", log)).text)
    assert "No column has times that can be read. Export them like 2026-01-31 14:30" in words


def _with_role(fields: dict[str, list[str]], place: int, role: str) -> dict[str, list[str]]:
    roles = [f"{place}:{role}" if one.startswith(f"{place}:") else one for one in fields["role"]]
    return fields | {"role": roles}


async def test_two_columns_that_clash_stay_as_they_were_chosen_and_are_marked(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("tickets.csv", TICKETS))
    fields = fields_of(page.text)
    assert [role_of(fields, place) for place in range(4)] == ["id", "created_at", "resolved_at", "closed_at"]
    clashing = browser.post(page.url.path, data=_with_role(fields, 3, "resolved_at"))
    assert "Two columns are “When it was resolved”: Resolved and Closed." in text_of(clashing.text)
    assert re.findall(r'id="role-(\d)" aria-invalid="true"', clashing.text) == ["2", "3"]
    assert "The first ten cases" not in clashing.text
    fields = fields_of(clashing.text)
    assert [role_of(fields, place) for place in (2, 3)] == ["resolved_at", "resolved_at"]
    mended = browser.post(page.url.path, data=_with_role(fields, 2, ""))
    assert "aria-invalid" not in mended.text
    assert "23 h" in text_of(mended.text) or "1 d" in text_of(mended.text)
    assert [role_of(fields_of(mended.text), place) for place in (2, 3)] == ["", "resolved_at"]


async def test_choices_are_there_when_the_page_is_opened_again(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("tickets.csv", TICKETS))
    chosen = _with_role(fields_of(page.text), 4, "client") | {"zone": ["Europe/Berlin"]}
    left = browser.post(page.url.path, data=chosen)
    again = browser.get(page.url.path)
    assert fields_of(again.text) == fields_of(left.text)
    assert role_of(fields_of(again.text), 4) == "client"


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [("report.pdf", "%PDF-1.7", "a PDF"), ("letter.txt", "Dear all,\n\nsee below.\n\nBob\n", "a text")],
)
async def test_what_is_no_export_is_not_kept(signed_in: SignedIn, name: str, content: str, what: str) -> None:
    browser = signed_in(Role.OWNER)
    refused = browser.post(PATH, files={"file": (name, content.encode())})
    assert f"{name} is {what}, which has no rows and columns to read." in text_of(refused.text)
    assert "Uploaded files" not in browser.get(PATH).text


async def test_a_later_export_begins_with_what_was_kept_for_its_columns(signed_in: SignedIn) -> None:
    """Not with the shipped mapping whose columns it has as well, nor with one of columns that it lacks."""
    browser = signed_in(Role.OWNER)
    text = (SAMPLES / "jira.csv").read_text()
    page = send_file(browser, ("jira.csv", text))
    place = text.partition("\n")[0].split(",").index("Project name")
    chosen = _with_role(fields_of(page.text), place, "client") | {"zone": ["Europe/Berlin"], "name": ["Our Jira"]}
    browser.post(f"{page.url.path}/save", data=chosen)
    later = send_file(browser, ("later.csv", text.replace("HELP-", "DESK-")))
    fields = fields_of(later.text)
    assert (fields["base"], fields["zone"]) == (["saved:Our Jira"], ["Europe/Berlin"])
    assert role_of(fields, place) == "client"
    other = send_file(browser, ("other.csv", text.replace("Project name", "Project")))
    assert fields_of(other.text)["base"] == ["jira"]


async def test_a_kept_mapping_that_is_chosen_by_hand_has_its_own_zone(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("jira.csv", (SAMPLES / "jira.csv").read_text()))
    kept = fields_of(page.text) | {"zone": ["Europe/Berlin"], "name": ["Ours"]}
    browser.post(f"{page.url.path}/save", data=kept)
    shipped = browser.post(page.url.path, data=fields_of(page.text) | {"base": ["jira"], "zone": ["Asia/Tokyo"]})
    assert fields_of(shipped.text)["zone"] == ["Asia/Tokyo"]
    ours = browser.post(page.url.path, data=fields_of(shipped.text) | {"base": ["saved:Ours"]})
    assert fields_of(ours.text)["zone"] == ["Europe/Berlin"]
    corrected = browser.post(page.url.path, data=fields_of(ours.text) | {"zone": ["Asia/Tokyo"]})
    assert fields_of(corrected.text)["zone"] == ["Asia/Tokyo"]


async def test_who_did_something_without_when_is_asked_for_and_not_dropped(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("tickets.csv", TICKETS))
    fields = _with_role(fields_of(page.text), 4, "claimed_by")
    again = browser.post(page.url.path, data=fields)
    assert "Choose when somebody took it on, or leave out what else is said of it." in text_of(again.text)
    assert role_of(fields_of(again.text), 4) == "claimed_by"
