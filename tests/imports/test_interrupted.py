"""An import that is killed, or overtaken by something else, leaves nothing half done and nothing twice."""

import signal
import subprocess
import sys
import uuid
from datetime import date, timedelta
from pathlib import Path

import pytest

from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs import derived as handoffs
from flowpilot.imports.loader import import_log
from flowpilot.imports.progress import ImportProgress
from flowpilot.imports.runs import AccountClosedError, list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.imports.uploads.loading import load_upload
from flowpilot.offboarding.removal import close_account, remove_account, reopen_account
from flowpilot.sessions import derived as sessions
from tests.company import Company
from tests.imports.helpers import NOTHING, NOW, SMALL, World, row, write_log

# It stops within its transaction, when it has written some cases, and says so.
PROGRAM = """
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID
from flowpilot.imports.loader import import_log
from tests.imports.helpers import SMALL

def stop(progress):
    if progress.phase == "writing":
        print("writing", flush=True)
        sys.stdin.read()

import_log(sys.argv[1], UUID(sys.argv[2]), Path(sys.argv[3]), SMALL, now=datetime.fromisoformat(sys.argv[4]),
           progress=stop)
"""


def log_of(folder: Path, cases: int = 3, name: str = "log.csv", **more: str) -> Path:
    rows = [row(f"T{n}", seq, f"09:0{seq}", "Ada", seq, **more) for n in range(cases) for seq in range(2)]
    return write_log(folder / name, rows)


def test_what_is_killed_while_it_writes_leaves_nothing_and_can_be_repeated(world: World, tmp_path: Path) -> None:
    log = log_of(tmp_path)
    command = [sys.executable, "-c", PROGRAM, world.url, str(world.account_id), str(log), NOW.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"writing\n"
        running.send_signal(signal.SIGKILL)
    assert world.counts() == NOTHING
    # It waits until PostgreSQL has noticed that the other one is gone.
    assert world.load(log).sessions == 3


@pytest.mark.anyio
async def test_a_job_that_was_killed_after_its_import_brings_nothing_twice(
    company: Company, database: Database, tmp_path: Path
) -> None:
    log = log_of(tmp_path)
    upload_id = kept(company, log)
    import_log(company.urls.runtime, company.id, log, SMALL, now=NOW)
    await load_upload(database, company.id, upload_id)
    [(state, run_id)] = company.query("SELECT state, run_id FROM import_uploads")
    assert (state, [run_id]) == ("done", [run.id for run in list_runs(company.urls.runtime, company.id)])
    assert company.query("SELECT count(*) FROM ai_sessions") == [(3,)]


def kept(company: Company, log: Path) -> uuid.UUID:
    """An upload whose job began, and did not end."""
    upload_id = new_id()
    with account_transaction(company.urls.runtime, company.id) as connection:
        connection.execute(
            "INSERT INTO import_uploads (account_id, id, name, byte_count, created_at, state, mapping)"
            " VALUES (%s, %s, 'log.csv', %s, %s, 'loading', %s::jsonb)",
            (company.id, upload_id, log.stat().st_size, now(), SMALL.model_dump_json()),
        )
        connection.execute(
            "INSERT INTO import_chunks (account_id, upload_id, position, content) VALUES (%s, %s, 0, %s)",
            (company.id, upload_id, log.read_bytes()),
        )
    return upload_id


def test_an_import_into_an_account_that_is_closed_meanwhile_brings_nothing(
    world: World, urls: DatabaseUrls, tmp_path: Path
) -> None:
    log = log_of(tmp_path)

    def close(progress: ImportProgress) -> None:
        if progress.phase == "writing":
            close_account(urls.owner, world.account_id, NOW)

    with pytest.raises(AccountClosedError, match="closed, because it is being removed"):
        world.load(log, progress=close)
    assert world.counts() == NOTHING
    with pytest.raises(AccountClosedError):
        world.load(log)
    reopen_account(urls.owner, world.account_id)
    assert world.load(log).sessions == 3


def test_an_import_into_an_account_that_is_removed_meanwhile_leaves_nothing(
    world: World, urls: DatabaseUrls, tmp_path: Path
) -> None:
    def remove(progress: ImportProgress) -> None:
        if progress.phase == "reading":
            close_account(urls.owner, world.account_id, NOW)
            remove_account(urls.owner, tmp_path, world.account_id, now=NOW, on_progress=lambda *_: None)

    with pytest.raises(AccountClosedError):
        world.load(log_of(tmp_path), progress=remove)
    assert world.counts() == NOTHING


@pytest.mark.anyio
async def test_a_job_says_why_it_did_not_import_into_a_closed_account(
    company: Company, database: Database, tmp_path: Path
) -> None:
    upload_id = kept(company, log_of(tmp_path))
    close_account(company.urls.owner, company.id, now())
    await load_upload(database, company.id, upload_id)
    [(state, problem)] = company.query("SELECT state, problem FROM import_uploads")
    assert (state, problem[:22]) == ("failed", "This account is closed")


def hours(world: World, first_day: date, end: str) -> None:
    spans = f'[{{"weekday": 1, "start": "08:00", "end": "{end}"}}]'
    with account_transaction(world.url, world.account_id) as connection:
        connection.execute(
            "INSERT INTO account_hours (account_id, id, valid_from, timezone, spans)"
            " VALUES (%s, %s, %s, 'UTC', %s)",
            (world.account_id, new_id(), first_day, spans),
        )


def reconciled(world: World) -> tuple[int, int]:
    with account_transaction(world.url, world.account_id) as connection:
        found = sessions.reconcile(connection, world.account_id), handoffs.reconcile(connection, world.account_id)
        connection.commit()
    return found


@pytest.mark.one_server
def test_hours_that_change_in_the_past_are_those_of_what_was_imported_too(
    world: World, urls: DatabaseUrls, tmp_path: Path
) -> None:
    """4 May 2026 is a Monday: opened at eight, solved at ten."""
    work = "SELECT DISTINCT work_seconds FROM ai_sessions"
    hours(world, date(2026, 1, 1), "09:00")
    world.load(log_of(tmp_path, solved="2026-05-04 10:00"))
    assert world.ask(work) == [(3600.0,)]
    hours(world, date(2026, 5, 1), "12:00")
    assert reconciled(world)[0] == 3
    assert world.ask(work) == [(7200.0,)]
    # What was counted again is still as imports wrote it: it goes on, and can be taken back.
    more = world.load(log_of(tmp_path, 4, "more.csv", solved="2026-05-04 11:00"), now=NOW + timedelta(hours=1))
    assert (more.sessions, more.changes.updated, more.cases_already_here) == (1, 3, 0)
    assert world.ask(work) == [(3 * 3600.0,)]
    assert reconciled(world) == (0, 0)
    later, first = list_runs(world.url, world.account_id)
    undo_import(urls.owner, world.account_id, later.id, now=NOW)
    assert world.ask(work) == [(7200.0,)]
    assert undo_import(urls.owner, world.account_id, first.id, now=NOW).sessions == 3
