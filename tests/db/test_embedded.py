"""The embedded server, really started: alone, shared, killed, and where it must refuse."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import psycopg
import pytest
import sqlalchemy

from flowpilot.db.embedded import EmbeddedPostgresError, embedded_postgres
from tests.db.conftest import Hold
from tests.db.servers import ask, is_stopped, kill, mode, open_files, pid_file, postmaster


def test_the_url_leads_to_postgresql_18(shared: Path) -> None:
    with embedded_postgres(shared) as url:
        assert ask(url, "SELECT current_setting('server_version_num')::int / 10000") == [(18,)]


def test_pg_trgm_is_available(shared: Path) -> None:
    with embedded_postgres(shared) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        assert connection.execute("SELECT similarity('printer', 'printer')").fetchall() == [(1.0,)]
        connection.rollback()


def test_the_database_belongs_to_its_owner(shared: Path) -> None:
    query = "SELECT current_user, pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    with embedded_postgres(shared) as url:
        assert ask(url, query) == [("flowpilot_owner", "flowpilot_owner")]


def test_text_sorts_alike_on_every_machine(shared: Path) -> None:
    query = """
        SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale
        FROM pg_database WHERE datname = current_database()
    """
    with embedded_postgres(shared) as url:
        assert ask(url, query) == [("UTF8", "b", "C.UTF-8")]


def test_nothing_committed_is_given_up_for_speed(shared: Path) -> None:
    names = ("data_checksums", "fsync", "full_page_writes", "synchronous_commit")
    with embedded_postgres(shared) as url:
        assert ask(url, f"SELECT DISTINCT setting FROM pg_settings WHERE name IN {names}") == [("on",)]


def test_sqlalchemy_understands_the_url(shared: Path) -> None:
    with embedded_postgres(shared) as url:
        engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            assert connection.scalar(sqlalchemy.text("SELECT current_database()")) == "flowpilot"
        engine.dispose()


def test_only_a_socket_is_listened_on(shared: Path) -> None:
    with embedded_postgres(shared) as url:
        assert ask(url, "SHOW listen_addresses") == [("",)]


def test_the_socket_is_private(shared: Path) -> None:
    with embedded_postgres(shared) as url:
        [(directory,)] = ask(url, "SELECT trim('\"' FROM current_setting('unix_socket_directories'))")
    assert mode(Path(str(directory))) == 0o700


def test_the_log_and_the_cluster_are_private(shared: Path) -> None:
    assert (mode(shared / "postgres.log"), mode(shared / "postgres")) == (0o600, 0o700)


def test_ctrl_c_does_not_reach_the_postmaster(shared: Path) -> None:
    assert os.getsid(postmaster(shared)) != os.getsid(0)


def test_the_postmaster_holds_no_lock_of_ours(shared: Path) -> None:
    files = open_files(postmaster(shared))
    assert shared / "postgres.log" in files
    assert files.isdisjoint({shared / "postgres.users", shared / "postgres.control"})


def test_the_server_does_not_inherit_our_secrets(shared: Path) -> None:
    environment = Path(f"/proc/{postmaster(shared)}/environ").read_bytes()
    assert b"PGDATA=" in environment
    assert b"FLOWPILOT_SECRET_KEY" not in environment


@pytest.mark.parametrize("name", ["a %20 'quoted\" $HOME `id`", "comma,separated"])
def test_any_name_will_do_for_the_data_directory(data_dir: Path, name: str) -> None:
    with embedded_postgres(data_dir / name) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    assert is_stopped(data_dir / name, url)


def test_a_path_too_long_for_a_socket_gets_a_private_short_one(data_dir: Path) -> None:
    long = data_dir / ("x" * 100)
    with embedded_postgres(long) as url:
        [(directory,)] = ask(url, "SELECT trim('\"' FROM current_setting('unix_socket_directories'))")
        assert mode(Path(str(directory))) == 0o700
    assert is_stopped(long, url)
    assert not Path(str(directory)).exists()


def test_a_socket_directory_that_others_can_enter_is_refused(data_dir: Path) -> None:
    (data_dir / "socket").mkdir(parents=True)
    (data_dir / "socket").chmod(0o755)
    with pytest.raises(EmbeddedPostgresError, match="private"), embedded_postgres(data_dir):
        pass


def test_the_server_stops_when_its_user_fails(data_dir: Path) -> None:
    with pytest.raises(ZeroDivisionError), embedded_postgres(data_dir) as url:
        _ = 1 / 0
    assert is_stopped(data_dir, url)


def test_data_outlives_the_server(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT number FROM kept") == [(7,)]


def test_the_last_of_two_processes_stops_the_server(data_dir: Path, hold: Hold) -> None:
    first, second = hold(), hold()
    with embedded_postgres(data_dir) as url:
        pass
    first.communicate()
    assert ask(url, "SELECT 1") == [(1,)]
    second.communicate()
    assert (first.returncode, second.returncode) == (0, 0)
    assert is_stopped(data_dir, url)


def test_the_outer_of_two_blocks_in_one_process_stops_the_server(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as outer:
        with embedded_postgres(data_dir) as inner:
            assert inner == outer
        assert ask(outer, "SELECT 1") == [(1,)]
    assert is_stopped(data_dir, outer)


def test_threads_that_come_at_once_share_one_server(data_dir: Path) -> None:
    everybody_is_in = Barrier(4)

    def use(_: int) -> tuple[int, str]:
        with embedded_postgres(data_dir) as url:
            everybody_is_in.wait()
            return postmaster(data_dir), url

    with ThreadPoolExecutor(4) as pool:
        [(_, url)] = set(pool.map(use, range(4)))
    assert is_stopped(data_dir, url)


def test_the_server_of_a_killed_process_is_adopted_and_stopped(data_dir: Path, hold: Hold) -> None:
    kill(hold().pid)
    left_behind = postmaster(data_dir)
    with embedded_postgres(data_dir) as url:
        assert postmaster(data_dir) == left_behind
    assert is_stopped(data_dir, url)


def test_a_forked_child_does_not_count_as_a_user(data_dir: Path, hold: Hold) -> None:
    kill(hold("--fork").pid)
    with embedded_postgres(data_dir) as url:
        pass
    assert is_stopped(data_dir, url)


def test_committed_rows_survive_a_killed_postmaster(data_dir: Path) -> None:
    with embedded_postgres(data_dir) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        kill(postmaster(data_dir))
    assert pid_file(data_dir).exists()
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT number FROM kept") == [(7,)]
    assert is_stopped(data_dir, url)


def test_a_killed_postmaster_is_replaced_while_others_use_it(data_dir: Path, hold: Hold) -> None:
    holder = hold()
    kill(postmaster(data_dir))
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    assert ask(url, "SELECT 1") == [(1,)]
    holder.communicate()
    assert is_stopped(data_dir, url)


def test_half_a_cluster_is_swept_away(data_dir: Path) -> None:
    half = data_dir / "postgres.new-killed"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == [(1,)]
    assert list(data_dir.glob("postgres.new-*")) == []


def test_the_cluster_of_another_major_version_is_left_alone(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    cluster.mkdir(parents=True, mode=0o700)
    (cluster / "PG_VERSION").write_text("17\n")
    before = {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")}
    with pytest.raises(EmbeddedPostgresError, match="pg_dump of 17"), embedded_postgres(data_dir):
        pass
    assert {path: path.stat().st_mtime_ns for path in data_dir.rglob("*")} == before


def test_a_failing_start_shows_what_the_server_said(data_dir: Path) -> None:
    with embedded_postgres(data_dir):
        pass
    with (data_dir / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = on\n")
    with pytest.raises(EmbeddedPostgresError, match="no_such_setting"), embedded_postgres(data_dir):
        pass
