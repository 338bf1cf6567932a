"""What the page says before an import is undone is what then goes."""

import re
import uuid

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.imports.undo import undo_import
from flowpilot.imports.uploads.loading import load_upload
from tests.company import Company, at
from tests.web.conftest import SignedIn
from tests.web.imports.test_pages import LOG, PATH, fields_of, send_file, text_of

pytestmark = pytest.mark.anyio

MORE = "M2,Opened,2026-06-02T09:00:00Z,Ada,Desk\nM2,Finis,2026-06-02T12:00:00Z,Ada,Desk\n"


async def test_a_later_export_is_counted_with_what_it_says_alone(
    signed_in: SignedIn, company: Company, database: Database, urls: DatabaseUrls
) -> None:
    browser, runs = signed_in(Role.OWNER), list[uuid.UUID]()
    for name, log in (("first.csv", LOG), ("later.csv", LOG + MORE)):
        page = send_file(browser, (name, log))
        browser.post(f"{page.url.path}/start", data=fields_of(page.text))
        await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
        [(run_id,)] = company.query("SELECT id FROM import_runs WHERE file_name = %s", name)
        runs.append(run_id)

    def said(run_id: uuid.UUID) -> list[str]:
        asked = text_of(browser.get(f"{PATH}/runs/{run_id}/undo").text)
        path = f"/api/v1/imports/{run_id}/undo"
        counts = browser.get(path, headers=company.headers()).json()
        found = re.findall(r"(\d+ sessions?) (?:of which no other|more)", asked)
        numbers = [int(words.split()[0]) for words in found]
        assert numbers == [counts["sessions"], counts["sessions_shared"]][: len(numbers)]
        return found

    first, later = runs
    assert said(first) == ["0 sessions", "1 session"]
    assert said(later) == ["1 session", "1 session"]
    gone = undo_import(urls.owner, company.id, first, now=at("2026-06-20 12:00"))
    assert (gone.sessions, gone.sessions_restored) == (0, 1)
    assert said(later) == ["2 sessions"]
    assert undo_import(urls.owner, company.id, later, now=at("2026-06-20 12:00")).sessions == 2


async def test_sessions_that_somebody_has_worked_with_are_counted_apart(
    signed_in: SignedIn, company: Company, database: Database, urls: DatabaseUrls
) -> None:
    browser = signed_in(Role.OWNER)
    page = send_file(browser, ("log.csv", LOG + MORE))
    browser.post(f"{page.url.path}/start", data=fields_of(page.text))
    await load_upload(database, company.id, uuid.UUID(page.url.path.rpartition("/")[2]))
    [(run_id,)] = company.query("SELECT id FROM import_runs")
    assert "stay" not in text_of(browser.get(f"{PATH}/runs/{run_id}/undo").text)
    rated = "UPDATE ai_sessions SET session_rating = 4 WHERE psa_ticket_id = 'M1' RETURNING id"
    assert len(company.query(rated)) == 1
    asked = text_of(browser.get(f"{PATH}/runs/{run_id}/undo").text)
    assert "1 session of which no other import says anything" in asked
    assert "1 session with which somebody has worked since stays as it is." in asked
    counts = browser.get(f"/api/v1/imports/{run_id}/undo", headers=company.headers()).json()
    assert counts == {"sessions": 1, "sessions_shared": 0, "sessions_kept": 1}
    gone = undo_import(urls.owner, company.id, run_id, now=at("2026-06-20 12:00"))
    assert (gone.sessions, gone.sessions_kept) == (1, 1)
