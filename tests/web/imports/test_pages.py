"""A person imports an export by the pages alone, without scripts."""

import io
import re
import uuid
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from fastapi.testclient import TestClient

from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company
from tests.conftest import SHARED_DATA
from tests.imports.test_vendors import SAMPLES
from tests.web.conftest import SignedIn

PATH = "/settings/imports"
pytestmark = pytest.mark.anyio

LOG = """case,activity,when,who,team
M1,Opened,2026-06-01T09:00:00Z,Ada,Desk
M1,To level 2,2026-06-01T10:00:00Z,Ada,Desk
M1,Accepted,2026-06-01T10:30:00Z,Grace,Desk
M1,Finis,2026-06-01T12:00:00Z,Grace,Desk
"""


def send_file(browser: TestClient, file: Path | tuple[str, str]) -> Any:
    name, content = (file.name, file.read_bytes()) if isinstance(file, Path) else (file[0], file[1].encode())
    page = browser.post(PATH, files={"file": (name, content)})
    assert page.status_code == 200, page.text
    return page


def fields_of(html: str) -> dict[str, list[str]]:
    """What a browser would send of the form on the page, by the names of its fields."""
    form = re.search(r'<form[^>]*id="look".*?</form>', html, re.DOTALL)
    assert form is not None
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        said = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if said.get("type") in {"radio", "checkbox"} and " checked" not in tag:
            continue
        fields.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    for name, inside in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside) or re.search(r'value="([^"]*)"', inside)
        assert chosen is not None
        fields.setdefault(name, []).append(unescape(chosen[1]))
    return fields


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def role_of(fields: dict[str, list[str]], place: int) -> str:
    return next(one.partition(":")[2] for one in fields["role"] if one.startswith(f"{place}:"))


async def test_a_shipped_mapping_that_fits_is_imported_with_one_press(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.TEAM_ADMIN)
    assert "Nothing was imported yet" in browser.get(PATH).text
    page = send_file(browser, SAMPLES / "jira.csv")
    assert "Import 3 cases" in text_of(page.text)
    assert "4 h 30 min" in text_of(page.text)
    fields = fields_of(page.text)
    assert fields["base"] == ["jira"]
    progress = browser.post(f"{page.url.path}/start", data=fields)
    assert "Waiting for its turn" in progress.text
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    done = browser.get(page.url.path)
    assert "3 cases imported" in text_of(done.text)
    assert "/analytics/overview?from=2026-06-01&amp;to=2026-06-04" in done.text
    assert "Open the reports for 1 Jun 2026 to 3 Jun 2026" in text_of(done.text)
    assert "jira.csv" in browser.get(PATH).text


async def test_values_are_given_a_meaning_and_the_figures_follow(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    fields = fields_of(page.text)
    assert [role_of(fields, place) for place in range(5)] == ["id", "content", "at", "by", "group"]
    assert "No case has a time to resolution." in page.text
    meanings = {"Accepted": "claim", "Finis": "resolved", "Opened": "", "To level 2": "handover"}
    values = re.findall(r'<label class="wrap" for="meaning-1-(\d+)">([^<]*)</label>', page.text)
    fields["meaning"] = [f"1:{place}:{meanings[value]}" for place, value in values]
    fields["role"] = [one if one != "4:group" else "4:" for one in fields["role"]]
    again = browser.post(page.url.path, data=fields)
    words = text_of(again.text)
    assert "3 h" in words
    assert "claimed by Grace after 30 min" in words
    assert sorted(fields_of(again.text)["meaning"]) == sorted(fields["meaning"])


async def test_an_automatic_reply_that_nothing_gives_away_is_named(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, SHARED_DATA / "field" / "automatic-reply.csv")
    fields = fields_of(page.text)
    fields["role"] = [one if one != "1:" else "1:counter" for one in fields["role"]]
    again = browser.post(page.url.path, data=fields)
    assert "claimed by Mailbot after 5 min" in text_of(again.text)
    assert re.findall(r'<datalist id="writers">(.*?)</datalist>', again.text)[0].count("<option") == 3
    named = browser.post(page.url.path, data=fields_of(again.text) | {"machine": [" Mailbot ", ""]})
    assert "claimed by Grace after 2 h" in text_of(named.text)
    assert fields_of(named.text)["machine"] == ["Mailbot", ""]
    assert (
        'machines = ["Mailbot"]' in browser.post(f"{page.url.path}/mapping.toml", data=fields_of(named.text)).text
    )
    freed = browser.post(page.url.path, data=fields_of(named.text) | {"machine": [""]})
    assert "claimed by Mailbot after 5 min" in text_of(freed.text)


async def test_a_team_that_stands_where_people_do_is_named(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG.replace("Grace", "Second level")))
    named = browser.post(page.url.path, data=fields_of(page.text) | {"group": ["Second level"]})
    assert fields_of(named.text)["group"] == ["Second level", ""]
    assert (
        'groups = ["Second level"]'
        in browser.post(f"{page.url.path}/mapping.toml", data=fields_of(named.text)).text
    )


async def test_what_each_row_is_can_be_changed(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    fields = fields_of(page.text) | {"shape": ["ticket"]}
    assert fields["shown_shape"] == ["events"]
    again = fields_of(browser.post(page.url.path, data=fields).text)
    assert (again["shape"], again["shown_shape"], again["forced"]) == (["ticket"], ["ticket"], ["ticket"])


async def test_a_start_after_a_change_that_nobody_has_seen_shows_it_first(
    signed_in: SignedIn, company: Company
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    shown = browser.post(f"{page.url.path}/start", data=fields_of(page.text) | {"shape": ["ticket"]})
    assert 'id="look"' in shown.text
    assert company.query("SELECT state FROM import_uploads") == [("kept",)]


async def test_a_mapping_is_saved_and_chosen_for_the_next_file(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    fields = fields_of(page.text) | {"name": ["Our “log”"]}
    assert "Saved as “Our “log””" in text_of(browser.post(f"{page.url.path}/save", data=fields).text)
    toml = browser.post(f"{page.url.path}/mapping.toml", data=fields)
    assert 'id = "case"' in toml.text
    next_page = send_file(browser, ("next.csv", LOG))
    chosen = browser.post(next_page.url.path, data=fields_of(next_page.text) | {"base": ["saved:Our “log”"]})
    assert fields_of(chosen.text)["shown_base"] == ["saved:Our “log”"]
    assert "Our “log”" in browser.get(PATH).text


@pytest.mark.parametrize("name", ["Jira / EU", "..", "A ? B"])
async def test_a_saved_mapping_is_removed_whatever_its_name_is(
    signed_in: SignedIn, company: Company, name: str
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    browser.post(f"{page.url.path}/save", data=fields_of(page.text) | {"name": [name]})
    [form] = re.findall(r'<form[^>]*action="([^"]*/forget)"><input[^>]*value="([^"]*)"', browser.get(PATH).text)
    removed = browser.post(form[0], data={"name": form[1]})
    assert "The mapping is removed." in removed.text
    assert company.query("SELECT name FROM saved_mappings") == []


async def test_a_file_that_cannot_be_read_says_why(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("odd.json", "{nothing"))
    assert "It cannot be imported like this." in page.text


async def test_a_spreadsheet_with_a_cell_far_away_says_why_and_takes_nothing_along(signed_in: SignedIn) -> None:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Ticket", "Opened"])
        sheet.write(2**20 - 1, 2_000, "x")
    browser = signed_in(Role.OWNER)
    page = browser.post(PATH, files={"file": ("tickets.xlsx", written.getvalue())})
    assert "tickets.xlsx needs more memory or time than a spreadsheet may." in text_of(page.text)
    assert browser.get(PATH).status_code == 200


async def test_one_of_several_sheets_is_chosen_and_the_line_of_the_names(signed_in: SignedIn) -> None:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        for name in ("Notes", "Tickets"):
            sheet = book.add_worksheet(name)
            rows = [("Tickets of June",), ("Ticket", "Opened"), ("T-1", "2026-06-01 09:00")]
            for place, cells in enumerate(rows):
                sheet.write_row(place, 0, cells)
    browser = signed_in(Role.OWNER)
    page = browser.post(PATH, files={"file": ("tickets.xlsx", written.getvalue())})
    assert "This file has 2 sheets with rows." in page.text
    page = browser.post(page.url.path, data={"sheet": "Tickets"})
    page = browser.post(page.url.path, data=fields_of(page.text) | {"header_line": ["2"], "shape": ["ticket"]})
    fields = fields_of(page.text)
    assert (fields["sheet"], fields["shown_header_line"]) == (["Tickets"], ["2"])
    assert [role_of(fields, place) for place in range(2)] == ["id", "created_at"]
    assert "Import 1 case" in text_of(page.text)


async def test_where_else_a_ticket_is_handed_over_is_chosen(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    fields = fields_of(page.text)
    fields["role"] = [one if one != "4:group" else "4:assignee" for one in fields["role"]]
    assert "Say where a ticket is handed over" in browser.post(page.url.path, data=fields).text
    again = browser.post(page.url.path, data=fields | {"first_row": ["true"]})
    assert "claimed by Desk" in text_of(again.text)
    assert fields_of(again.text)["first_row"] == ["true"]
    toml = browser.post(f"{page.url.path}/mapping.toml", data=fields_of(again.text)).text
    assert 'start = { first_row = true }\nclaim = { assignee = "team" }' in toml


async def test_one_of_several_lists_is_chosen(signed_in: SignedIn) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(
        browser, ("log.json", '{"users": [{"a": 1}], "open": [{"Ticket": "T-1", "Opened": "2026-06-01 09:00"}]}')
    )
    assert "This file has 2 lists of records." in page.text
    page = browser.post(page.url.path, data={"records": "open"})
    page = browser.post(page.url.path, data=fields_of(page.text) | {"shape": ["ticket"]})
    assert fields_of(page.text)["records"] == ["open"]
    assert "Import 1 case" in text_of(page.text)
    assert 'records = "open"' in browser.post(f"{page.url.path}/mapping.toml", data=fields_of(page.text)).text


async def test_a_title_above_the_names_is_no_trouble(signed_in: SignedIn) -> None:
    page = send_file(signed_in(Role.OWNER), ("log.csv", f"Report of June,,,,\n\n{LOG}"))
    assert "Left out, because it is not a row: Line 1: Report of June" in text_of(page.text)
    assert fields_of(page.text)["header_line"] == ["1"]
    assert "The names are in line 3. Titles above them are passed over" in text_of(page.text)
    assert "No case has a time to resolution." in page.text


async def test_of_two_tabs_the_one_that_imports_counts(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG))
    path, other = page.url.path, fields_of(page.text)
    one = fields_of(browser.post(path, data=other | {"rest": ["abandoned"]}).text)
    assert one["rest"] == ["abandoned"]
    # The other tab still shows what it began with, and that is what it imports.
    assert "Waiting for its turn" in browser.post(f"{path}/start", data=other).text
    for action in ("", "/start", "/save", "/discard"):
        refused = browser.post(f"{path}{action}", data=one | {"name": ["Mine"]})
        assert (refused.status_code, "This file is being imported." in refused.text) == (409, True)
    await load_upload(database, company.id, uuid.UUID(path.rpartition("/")[2]))
    assert company.query("SELECT status FROM ai_sessions") == [("active",)]
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'imports.load' AND args->>'account_id' = %s"
    assert company.query(jobs, str(company.id)) == [(1,)]
    done = browser.post(f"{path}/start", data=one)
    assert (done.status_code, "This file has been imported." in done.text) == (409, True)


async def test_an_undo_that_does_not_end_can_be_asked_for_again(
    signed_in: SignedIn, company: Company, database: Database
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, SAMPLES / "jira.csv")
    browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    for minutes, offered in ((59, False), (61, True)):
        undoing = f"UPDATE import_runs SET undoing_since = now() - interval '{minutes} minutes' RETURNING id"
        [(run_id,)] = company.query(undoing)
        shown = browser.get(PATH).text
        assert (f"{PATH}/runs/{run_id}/undo" in shown, "Its removal has not ended" in shown) == (offered, offered)
        assert ("every 3s" in shown) is not offered
    assert "Being removed" in browser.post(f"{PATH}/runs/{run_id}/undo").text


async def test_an_undo_says_what_goes(signed_in: SignedIn, company: Company, database: Database) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, SAMPLES / "jira.csv")
    browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    [(run_id,)] = company.query("SELECT id FROM import_runs")
    asked = browser.get(f"{PATH}/runs/{run_id}/undo")
    assert "3 sessions of which no other import says anything" in text_of(asked.text)
    undoing = browser.post(f"{PATH}/runs/{run_id}/undo")
    assert "Being removed" in undoing.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
async def test_it_is_neither_offered_nor_shown_to_others(signed_in: SignedIn, role: Role) -> None:
    browser = signed_in(role)
    assert PATH not in browser.get("/settings/account").text
    assert browser.get(PATH).status_code == 403
