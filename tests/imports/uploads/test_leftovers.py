"""What is left of uploads and fetches is removed after a stated time."""

import asyncio
import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from flowpilot.app import create_app
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.imports.psa import spool
from flowpilot.imports.uploads import queries, service
from flowpilot.imports.uploads.leftovers import keep_removing
from flowpilot.settings import Settings
from tests.company import Company
from tests.imports.test_vendors import SAMPLES
from tests.imports.uploads.test_api import uploaded

pytestmark = pytest.mark.anyio


def aged(path: Path, days: int) -> None:
    then = (now() - timedelta(days=days)).timestamp()
    os.utime(path, (then, then))


async def test_an_import_that_never_ends_is_removed_after_a_week(
    client: TestClient, company: Company, database: Database
) -> None:
    upload = uuid.UUID(uploaded(client, company, SAMPLES / "jira.csv")["id"])
    company.query("UPDATE import_uploads SET state = 'loading' RETURNING id")
    for days, left in ((6, 1), (8, 0)):
        async with database.write(company.id) as db:
            await service.expire(db, company.id, upload, now() + timedelta(days=days))
        assert company.query("SELECT count(*) FROM import_uploads") == [(left,)]
    assert company.query("SELECT count(*) FROM import_chunks") == [(0,)]


def test_another_upload_removes_those_whose_job_failed(client: TestClient, company: Company) -> None:
    old = uploaded(client, company, SAMPLES / "jira.csv")["id"]
    company.query(
        "UPDATE import_uploads SET created_at = now() - interval '8 days' WHERE id = %s RETURNING id", old
    )
    new = uploaded(client, company, SAMPLES / "jira.csv")["id"]
    assert company.query("SELECT id FROM import_uploads") == [(uuid.UUID(new),)]


def test_copies_of_a_process_that_was_killed_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "gettempdir", lambda: str(tmp_path))
    old, new, other = (tmp_path / name for name in ("flowpilot-import-a", "flowpilot-import-b", "another"))
    for folder in (old, new, other):
        folder.mkdir()
        (folder / "log.csv").write_text("id,at\n")
    aged(old, 2)
    aged(other, 2)
    queries.remove_left_behind(now())
    assert sorted(tmp_path.iterdir()) == sorted([new, other])


def test_what_was_fetched_and_not_imported_is_removed_after_thirty_days(tmp_path: Path) -> None:
    account, other = (spool.folder_of(tmp_path, uuid.UUID(int=number)) for number in (1, 2))
    moment = now()
    for name in ("old", "young"):
        fetched = spool.Spool(account / name, moment)
        fetched.go_on(fetched.reached)
    (account / "fetching").touch()
    for path in (account / "old").iterdir():
        aged(path, 31)
    aged(account / "old", 31)
    aged(account / "young", 31)  # One of its files is younger.
    (other / "old").mkdir(parents=True)
    aged(other / "old", 31)
    spool.remove_old(tmp_path, moment)
    assert sorted(path.name for path in account.iterdir()) == ["fetching", "young"]
    assert list(other.iterdir()) == []
    spool.remove_old(tmp_path / "nothing", moment)


async def test_each_process_removes_what_is_old_on_its_machine(
    settings: Settings, urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "gettempdir", lambda: str(tmp_path))
    fetched, copy = settings.data_dir / "imports" / "account" / "fetch", tmp_path / "flowpilot-import-a"
    for folder in (fetched, copy):
        folder.mkdir(parents=True)
        aged(folder, 31)
    is_up = asyncio.Event()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        removing = group.create_task(keep_removing(settings, is_up.set))
        await is_up.wait()
        removing.cancel()
    assert not fetched.exists()
    assert not copy.exists()
    with TestClient(create_app(settings, urls.runtime)) as client:
        assert 'flowpilot_background_up{work="leftovers"}' in client.get("/metrics").text
