"""Who runs the embedded server: another user for root, and an ordinary user by itself."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from flowpilot.db.embedded import EmbeddedPostgresError, embedded_postgres
from tests.db.servers import ask, mode

NOBODY = 65534

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to hand the server to another user")


@as_root
def test_root_hands_the_cluster_and_the_socket_to_another_user(shared: Path) -> None:
    [owner] = {path.stat().st_uid for path in (shared / "postgres", shared / "socket")}
    assert owner != 0


@as_root
def test_root_opens_the_way_for_passing_through_only(shared: Path) -> None:
    assert (mode(shared.parent), mode(shared)) == (0o701, 0o711)


@as_root
def test_root_is_told_which_directories_were_opened(
    shared: Path, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # The shared server has opened the way to the binaries already, where that was necessary.
    with embedded_postgres(data_dir):
        assert [record.args for record in caplog.records] == [(data_dir.parent, "flowpilot")]


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


def use_as_ordinary_user(data_dir: Path) -> tuple[bool, int, int]:
    """Run a server here and now; say whether all of it is ours, and the modes of its directory and above."""
    with embedded_postgres(data_dir) as url:
        assert ask(url, "SELECT 1") == [(1,)]
        is_ours = {path.stat().st_uid for path in data_dir.iterdir()} == {os.geteuid()}
        return is_ours, mode(data_dir), mode(data_dir.parent)


def test_an_ordinary_user_runs_it_alone_and_opens_nothing(shared: Path, data_dir: Path) -> None:
    # The shared server has opened the way to the binaries where that was necessary.
    if os.geteuid() == 0:
        os.chown(data_dir.parent, NOBODY, NOBODY)
    with ProcessPoolExecutor(1, get_context("fork"), initializer=become_nobody) as pool:
        assert pool.submit(use_as_ordinary_user, data_dir).result() == (True, 0o700, 0o700)
