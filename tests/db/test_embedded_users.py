"""Who runs the embedded server: another user for root, and an ordinary user by itself."""

import fcntl
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from flowpilot.db import location
from flowpilot.db.as_root import RootError, system_account
from flowpilot.db.embedded import EmbeddedPostgresError, NoDatabaseError, embedded_postgres
from flowpilot.db.locks import file_lock
from tests.db.conftest import Hold
from tests.db.servers import ask, kill, mode, open_files, postmaster

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another user")


@as_root
def test_root_hands_the_cluster_and_the_socket_to_another_user(shared: Path) -> None:
    [owner] = {path.stat().st_uid for path in (shared / "postgres", shared / "socket")}
    assert owner != 0


@as_root
def test_directories_made_by_root_can_be_passed_through_under_any_umask(data_dir: Path) -> None:
    umask = os.umask(0o077)
    try:
        with embedded_postgres(data_dir / "deeper"):
            assert (mode(data_dir.parent), mode(data_dir), mode(data_dir / "deeper")) == (0o711, 0o711, 0o711)
    finally:
        os.umask(umask)


@as_root
def test_below_a_closed_directory_nothing_is_opened_and_nothing_is_made(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with (
        pytest.raises(RootError, match=f"cannot pass through {data_dir} to {data_dir}/a/b"),
        embedded_postgres(data_dir / "a" / "b"),
    ):
        pass
    assert (mode(data_dir), list(data_dir.iterdir())) == (0o700, [])


@as_root
def test_a_closed_directory_that_is_the_data_directory_itself_is_refused_too(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o700)
    with pytest.raises(RootError, match=f"chmod o\\+x {data_dir}"), embedded_postgres(data_dir):
        pass
    assert (mode(data_dir), list(data_dir.iterdir())) == (0o700, [])


@as_root
def test_a_directory_that_is_open_to_the_servers_group_is_open_enough(data_dir: Path) -> None:
    data_dir.mkdir(mode=0o710)
    os.chown(data_dir, 0, system_account()[1])
    data_dir.chmod(0o710)
    with embedded_postgres(data_dir / "inner") as url:
        assert ask(url, "SELECT 1") == [(1,)]
    assert mode(data_dir) == 0o710


@as_root
def test_a_data_directory_of_somebody_else_is_refused(data_dir: Path) -> None:
    data_dir.mkdir()
    os.chown(data_dir, NOBODY, NOBODY)
    with pytest.raises(EmbeddedPostgresError, match="belongs to the user"), embedded_postgres(data_dir):
        pass


def become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


@as_root
def test_a_server_that_was_left_behind_keeps_its_binaries(data_dir: Path, hold: Hold) -> None:
    kill(hold().pid)
    [in_use] = {file for file in open_files(postmaster(data_dir)) if file.name == "in_use"}
    with pytest.raises(BlockingIOError), file_lock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB):
        pass


def test_nothing_is_made_if_a_database_has_to_exist(data_dir: Path) -> None:
    with (
        pytest.raises(NoDatabaseError, match=f"no FlowPilot database in {data_dir}."),
        embedded_postgres(data_dir, create=False),
    ):
        pass
    assert not data_dir.exists()


def use_as_ordinary_user(data_dir: Path) -> tuple[bool, int, int]:
    """Run a server; say whether all of it is ours, and the modes of its directory and above."""
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == [(1,)]
        is_ours = {path.stat().st_uid for path in data_dir.iterdir()} == {os.geteuid()}
        return is_ours, mode(data_dir), mode(data_dir.parent)


def test_an_ordinary_user_runs_it_alone_and_opens_nothing(
    shared: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir.parent.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(data_dir.parent, NOBODY, NOBODY)
        # This checkout can be closed to others; the copy that root's server runs from is not.
        [in_use] = {file for file in open_files(postmaster(shared)) if file.name == "in_use"}
        monkeypatch.setattr(location, "_installed", lambda: in_use.parent)
    with ProcessPoolExecutor(1, get_context("fork"), initializer=become_nobody) as pool:
        assert pool.submit(use_as_ordinary_user, data_dir).result() == (True, 0o700, 0o700)


def refused(data_dir: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as error, embedded_postgres(data_dir):
        pass
    return error.value.detail


@as_root
def test_an_ordinary_user_learns_which_directory_is_closed_to_them(data_dir: Path) -> None:
    (data_dir / "closed").mkdir(parents=True, mode=0o700)
    with ProcessPoolExecutor(1, get_context("fork"), initializer=become_nobody) as pool:
        for place in (data_dir / "closed" / "data", data_dir / "new"):
            assert f"{place} cannot be used by this user" in pool.submit(refused, place).result()
