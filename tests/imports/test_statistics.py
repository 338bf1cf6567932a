from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports import loader
from flowpilot.imports.progress import ImportProgress, ImportSummary
from tests.imports.helpers import World, row, write_log

COUNTED = "SELECT reltuples >= 1 FROM pg_class WHERE oid = 'ai_sessions'::regclass"


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_a_first_import_lets_postgresql_count_what_it_wrote(
    urls: DatabaseUrls, world: World, tmp_path: Path
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute("SELECT pg_clear_relation_stats('public', 'ai_sessions')")
        assert owner.execute(COUNTED).fetchone() == (False,)
        world.load(write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada")]))
        assert owner.execute(COUNTED).fetchone() == (True,)


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_an_import_lets_postgresql_count_again_what_was_little(
    urls: DatabaseUrls, world: World, tmp_path: Path
) -> None:
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(
            "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', 'ai_sessions',"
            " 'reltuples', 2::real)"
        )
        rows = [row(f"T{n}", 1, "09:00", "Ada") for n in range(30)]
        world.load(write_log(tmp_path / "log.csv", rows))
        query = "SELECT reltuples >= 30 FROM pg_class WHERE oid = 'ai_sessions'::regclass"
        assert owner.execute(query).fetchone() == (True,)


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_many_sessions_of_which_few_were_handed_over_are_counted_too(
    urls: DatabaseUrls, world: World, tmp_path: Path
) -> None:
    known = "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text, 'reltuples', %s::real)"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        owner.execute(known, ("ai_sessions", 100_000))
        owner.execute(known, ("session_handoffs", 2))
        rows = [row(f"T{n}", seq, "09:00", "Ada", moves=seq) for n in range(30) for seq in (1, 2)]
        world.load(write_log(tmp_path / "log.csv", rows))
        query = "SELECT reltuples >= 30 FROM pg_class WHERE oid = 'session_handoffs'::regclass"
        assert owner.execute(query).fetchone() == (True,)


@pytest.mark.row_security_alone
@pytest.mark.parametrize("table", ["import_items", "import_cases"])
@pytest.mark.one_server
def test_what_the_next_import_joins_its_rows_with_is_counted_too(
    urls: DatabaseUrls, world: World, tmp_path: Path, table: str
) -> None:
    counted = f"SELECT reltuples >= 30 FROM pg_class WHERE oid = '{table}'::regclass"
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        for name in ("ai_sessions", table):
            owner.execute("SELECT pg_clear_relation_stats('public', %s)", (name,))
        rows = [row(f"T{n}", 1, "09:00", "Ada") for n in range(30)]
        world.load(write_log(tmp_path / "log.csv", rows))
        assert owner.execute(counted.encode()).fetchone() == (True,)


@pytest.mark.row_security_alone
@pytest.mark.one_server
def test_an_import_that_only_updates_leaves_whole_statistics_too(
    urls: DatabaseUrls, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "_BATCH_ROWS", 20)
    known = "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text, 'reltuples', %s::real)"
    bounds = (
        "SELECT cardinality(histogram_bounds::text::text[]) FROM pg_stats WHERE tablename = %s AND attname = 'id'"
    )
    with psycopg.connect(urls.owner, autocommit=True) as owner:
        for updates in (False, True):
            owner.execute(known, ("ai_sessions", 100_000))
            owner.execute(known, ("session_handoffs", 2))
            rows = [row(f"T{n}", seq, f"09:0{seq}", "Ada") for n in range(60) for seq in range(1 + updates)]
            done = world.load(write_log(tmp_path / f"{updates}.csv", rows))
            assert (done.sessions, done.changes.updated) == ((0, 60) if updates else (60, 0))
            [(n,)] = owner.execute(bounds, ("ai_sessions",)).fetchall()
            assert n >= 60


@pytest.mark.row_security_alone
def test_an_import_does_not_wait_for_another_accounts_which_has_counted(
    world: World, other_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "_BATCH_ROWS", 2)
    monkeypatch.setattr(loader, "_FEW_ROWS", 10**15)
    log = write_log(tmp_path / "log.csv", [row(f"T{n}", 1, "09:00", "Ada") for n in range(6)])
    impatient = replace(other_world, url=make_conninfo(other_world.url, options="-c lock_timeout=5s"))
    batches: list[ImportProgress] = []
    others: list[ImportSummary] = []

    def go_on(step: ImportProgress) -> None:
        if step.phase == "writing":
            batches.append(step)
            if len(batches) == 2:  # What the first batch has brought is counted before the second one.
                others.append(impatient.load(log))

    assert world.load(log, progress=go_on).sessions == 6
    assert [other.sessions for other in others] == [6]
    assert world.counts()["ai_sessions"] == other_world.counts()["ai_sessions"] == 6


def test_nobody_else_may_count(urls: DatabaseUrls) -> None:
    query = "SELECT has_function_privilege('public', 'analyze_sessions()', 'EXECUTE')"
    with psycopg.connect(urls.owner) as owner:
        assert owner.execute(query).fetchone() == (False,)
