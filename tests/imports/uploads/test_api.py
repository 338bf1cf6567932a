"""A file is uploaded, looked at, imported by a job, and undone."""

import io
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.identity.actor import Actor, Role
from flowpilot.imports import undoing
from flowpilot.imports.undoing import undo_run
from flowpilot.imports.uploads import service
from flowpilot.imports.uploads.loading import load_upload
from flowpilot.settings import Settings
from tests.company import Company, found_company
from tests.imports.helpers import MAPPING, row, write_log
from tests.imports.test_vendors import SAMPLES

PATH = "/api/v1/imports"
UPLOADS = f"{PATH}/uploads"
AUDITED = (
    "SELECT action, actor_id FROM audit_log WHERE actor_id IS NOT NULL"
    " AND target_type IN ('import_upload', 'import_run') ORDER BY id"
)

pytestmark = pytest.mark.anyio


def uploaded(client: TestClient, company: Company, file: Path, role: Role = Role.OWNER) -> Any:
    answer = client.post(UPLOADS, files={"file": (file.name, file.read_bytes())}, headers=company.headers(role))
    assert answer.status_code == 201, answer.text
    return answer.json()


def ask(client: TestClient, company: Company, method: str, path: str, **said: Any) -> Any:
    answer = client.request(method, path, headers=company.headers(), **said)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def test_a_file_is_looked_at_imported_and_undone(
    client: TestClient, company: Company, database: Database, settings: Settings
) -> None:
    upload = uploaded(client, company, SAMPLES / "jira.csv", Role.TEAM_ADMIN)
    own = f"{UPLOADS}/{upload['id']}"
    columns = ask(client, company, "GET", f"{own}/columns")
    assert (columns["base"], columns["rows"]) == ("jira", 3)
    [created] = [one for one in columns["columns"] if one["name"] == "Created"]
    assert (created["role"], created["examples"][0]) == ("When it was opened", "01/Jun/26 9:00 AM")
    assert "Component/s (2)" in [one["name"] for one in columns["columns"]]

    said = {"mapping": columns["mapping"]}
    preview = ask(client, company, "POST", f"{own}/preview", json=said)
    assert (preview["cases"], preview["n_resolved"], preview["mttr_minutes"]) == (3, 1, 270)
    assert [case["ticket"] for case in preview["first_cases"]] == ["HELP-1", "HELP-2", "HELP-3"]
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]

    assert ask(client, company, "POST", f"{own}/start", json=said)["state"] == "waiting"
    again = client.post(f"{own}/start", json=said, headers=company.headers())
    assert (again.status_code, again.json()["type"]) == (409, "urn:flowpilot:problem:upload-busy")
    await load_upload(database, company.id, uuid.UUID(upload["id"]))
    done = ask(client, company, "GET", own)
    [run] = ask(client, company, "GET", PATH)["items"]
    assert (done["state"], done["run_id"]) == ("done", run["id"])
    assert (run["file_name"], run["counts"]["sessions"]) == ("jira.csv", 3)
    assert (run["window_from"], run["window_to"]) == ("2026-06-01", "2026-06-04")
    assert company.query("SELECT count(*) FROM import_chunks") == [(0,)]

    assert ask(client, company, "POST", f"{PATH}/{run['id']}/undo")["undoing_since"] is not None
    await undo_run(database, settings, company.id, uuid.UUID(run["id"]))
    assert ask(client, company, "GET", PATH)["items"] == []
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]
    assert company.query(AUDITED) == [
        ("import.started", company.users[Role.OWNER]),
        ("import.undo_requested", company.users[Role.OWNER]),
    ]


async def test_an_undo_that_fails_can_be_asked_for_again(
    company: Company, database: Database, settings: Settings, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.query(
        "INSERT INTO import_runs (account_id, id, digest, file_name, mapping, counts, created_at)"
        f" VALUES ('{company.id}', '{uuid.UUID(int=7)}', 'd', 'log.csv', 'm', '{{}}', now()) RETURNING id"
    )
    path = f"{PATH}/{uuid.UUID(int=7)}/undo"
    assert ask(client, company, "POST", path)["undoing_since"] is not None

    def fails(*_: object) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(undoing, "_undo_as_owner", fails)
    with pytest.raises(OSError, match="full"):
        await undo_run(database, settings, company.id, uuid.UUID(int=7))
    assert [run["undoing_since"] for run in ask(client, company, "GET", PATH)["items"]] == [None]
    assert ask(client, company, "POST", path)["undoing_since"] is not None


def test_a_wrong_value_is_said_with_what_was_expected(
    client: TestClient, company: Company, tmp_path: Path
) -> None:
    file = write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada"), row("T1", 2, "nine", "Ada")])
    own = f"{UPLOADS}/{uploaded(client, company, file)['id']}"
    answer = client.post(f"{own}/preview", json={"mapping": MAPPING}, headers=company.headers())
    said = answer.json()
    assert answer.status_code == 422
    assert {key: said[key] for key in ("line", "column", "found", "expected")} == {
        "line": 3,
        "column": "at",
        "found": "2026-05-04 nine",
        "expected": "a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)",
    }
    assert said["columns"] == ["ticket", "seq", "opened", "solved", "at", "who", "kind", "moves", "note"]
    assert [(one["line"], one["ticket"]) for one in said["rows"]] == [(3, "T1")]


def test_a_program_leaves_out_what_cannot_be_used(client: TestClient, company: Company, tmp_path: Path) -> None:
    file = write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada"), row("T2", 1, "nine", "Ada")])
    path = f"{UPLOADS}/{uploaded(client, company, file)['id']}/preview"
    found = ask(client, company, "POST", path, json={"mapping": MAPPING, "leave_out_unusable": True})
    assert (found["cases"], found["rows_unusable"], found["tickets_unusable"]) == (1, 1, 1)
    assert [(one["line"], one["ticket"], one["column"]) for one in found["unusable"]] == [(3, "T2", "at")]


async def test_what_cannot_be_imported_says_why_and_may_be_tried_again(
    client: TestClient, company: Company, database: Database, tmp_path: Path
) -> None:
    file = write_log(tmp_path / "log.csv", [row("T1", 1, "nine", "Ada")])
    upload = uploaded(client, company, file)
    own = f"{UPLOADS}/{upload['id']}"
    ask(client, company, "POST", f"{own}/start", json={"mapping": MAPPING})
    await load_upload(database, company.id, uuid.UUID(upload["id"]))
    failed = ask(client, company, "GET", own)
    assert failed["state"] == "failed"
    assert failed["problem"].startswith("Line 2 (ticket T1): at is '2026-05-04 nine', expected a time like")
    assert ask(client, company, "POST", f"{own}/start", json={"mapping": MAPPING})["state"] == "waiting"


async def test_an_import_that_is_stopped_leaves_nothing(
    client: TestClient, company: Company, database: Database, tmp_path: Path
) -> None:
    file = write_log(tmp_path / "log.csv", [row(f"T{n}", 1, "09:00", "Ada") for n in range(3_000)])
    upload = uploaded(client, company, file)
    own = f"{UPLOADS}/{upload['id']}"
    ask(client, company, "POST", f"{own}/start", json={"mapping": MAPPING})
    company.query("UPDATE import_uploads SET state = 'loading' RETURNING id")
    assert ask(client, company, "POST", f"{own}/stop")["is_stopping"]
    await load_upload(database, company.id, uuid.UUID(upload["id"]))
    assert ask(client, company, "GET", own)["state"] == "stopped"
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]
    assert ask(client, company, "GET", PATH)["items"] == []


async def test_one_that_waits_is_stopped_before_it_begins(
    client: TestClient, company: Company, database: Database
) -> None:
    upload = uploaded(client, company, SAMPLES / "jira.csv")
    own = f"{UPLOADS}/{upload['id']}"
    mapping = ask(client, company, "GET", f"{own}/columns")["mapping"]
    ask(client, company, "POST", f"{own}/start", json={"mapping": mapping})
    ask(client, company, "POST", f"{own}/stop")
    await load_upload(database, company.id, uuid.UUID(upload["id"]))
    assert company.query("SELECT count(*) FROM ai_sessions") == [(0,)]


def test_only_those_who_manage_the_account_import(client: TestClient, company: Company) -> None:
    for role in (Role.VIEWER, Role.ENGINEER):
        answer = client.post(UPLOADS, files={"file": ("a.csv", b"a,b\n")}, headers=company.headers(role))
        assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/columns"), ("DELETE", ""), ("POST", "/stop")])
def test_another_accounts_upload_is_not_there(
    client: TestClient, company: Company, neighbour: Company, method: str, path: str
) -> None:
    upload = uploaded(client, neighbour, SAMPLES / "jira.csv")
    answer = client.request(method, f"{UPLOADS}/{upload['id']}{path}", headers=company.headers())
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:flowpilot:problem:upload-not-found")


@pytest.mark.parametrize(("size", "said"), [(0, "This file is empty."), (1_000_001, "larger than 1 MB")])
async def test_an_empty_or_huge_file_is_refused(
    company: Company, database: Database, settings: Settings, size: int, said: str
) -> None:
    small = settings.model_copy(update={"import_megabytes": 1})
    async with database.write(company.id) as db:
        with pytest.raises(service.UploadRefusedError, match=said):
            await service.keep(db, small, actor_of(company), io.BytesIO(bytes(size)), "a.csv", now())


async def test_an_upload_is_removed_after_its_day_unless_it_is_being_imported(
    client: TestClient, company: Company, database: Database
) -> None:
    kept, busy = (uploaded(client, company, SAMPLES / "jira.csv")["id"] for _ in range(2))
    company.query("UPDATE import_uploads SET state = 'loading' WHERE id = %s RETURNING id", busy)
    async with database.write(company.id) as db:
        for one in (kept, busy):
            await service.expire(db, company.id, uuid.UUID(one), now() + timedelta(days=1))
    assert [one["id"] for one in ask(client, company, "GET", UPLOADS)] == [busy]
    assert company.query("SELECT DISTINCT upload_id FROM import_chunks") == [(uuid.UUID(busy),)]


def actor_of(company: Company) -> Actor:
    return Actor(company.id, company.users[Role.OWNER], Role.OWNER, "UTC")


def test_times_are_taken_for_the_accounts_own(urls: DatabaseUrls, client: TestClient, tmp_path: Path) -> None:
    vienna = found_company(urls, timezone="Europe/Vienna")
    upload = uploaded(client, vienna, SAMPLES / "jira.csv")
    columns = ask(client, vienna, "GET", f"{UPLOADS}/{upload['id']}/columns")
    assert columns["mapping"]["times"]["zone"] == "Europe/Vienna"
