"""The copy of the binaries that root's PostgreSQL runs from, where every user can read it."""

import os
import stat
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from flowpilot.db import as_root
from flowpilot.db.as_root import RootError, binaries_place, readable_copy
from tests.places import open_directory

OLD, NEW = "18.1.0", "18.2.0"


@pytest.fixture
def place() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one program and one file beside it, both closed to others."""
    package = tmp_path / "package"
    for name, content, mode in (("bin/postgres", "program", 0o700), ("share/words", "words", 0o600)):
        file = package / name
        file.parent.mkdir(mode=0o700, parents=True)
        file.write_text(content)
        file.chmod(mode)
    (package / "include").mkdir()
    return package


def _modes(directory: Path) -> dict[str, int]:
    return {str(path.relative_to(directory)): stat.S_IMODE(path.stat().st_mode) for path in directory.rglob("*")}


def test_everybody_can_read_the_copy_and_run_what_is_in_it(package: Path, place: Path) -> None:
    with readable_copy([package], NEW, place) as (copy, _):
        assert copy == place / NEW
        assert stat.S_IMODE(copy.stat().st_mode) == 0o755
        assert _modes(copy / "package") == {
            "bin": 0o755,
            "bin/postgres": 0o755,
            "share": 0o755,
            "share/words": 0o644,
        }


def test_a_version_is_copied_once(package: Path, place: Path) -> None:
    with readable_copy([package], NEW, place) as (copy, _):
        number = copy.stat().st_ino
    (package / "share" / "words").write_text("other words")
    with readable_copy([package], NEW, place) as (copy, _):
        assert copy.stat().st_ino == number
        assert (copy / "package" / "share" / "words").read_text() == "words"


def test_processes_that_come_at_once_share_one_copy(
    package: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody_is_in = Barrier(4)
    copies: list[Path] = []
    copy_whole = as_root._copy

    def copy_counted(parts: Sequence[Path], copy: Path) -> None:
        copies.append(copy)
        copy_whole(parts, copy)

    monkeypatch.setattr(as_root, "_copy", copy_counted)

    def use(number: int) -> str:
        with readable_copy([package], NEW, place) as (copy, _):
            everybody_is_in.wait()
            return (copy / "package" / "bin" / "postgres").read_text()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(use, range(4))) == {"program"}
    assert copies == [place / NEW]


def test_an_older_version_goes_when_nobody_uses_it(package: Path, place: Path) -> None:
    with readable_copy([package], OLD, place), readable_copy([package], NEW, place):
        assert {path.name for path in place.iterdir()} == {OLD, NEW, "lock"}
    with readable_copy([package], NEW, place):
        assert {path.name for path in place.iterdir()} == {NEW, "lock"}


def test_half_made_copies_are_swept_away(package: Path, place: Path) -> None:
    (place / ".new-killed" / "package").mkdir(parents=True)
    (place / f".old-{OLD}" / "package").mkdir(parents=True)
    (place / OLD).mkdir()
    with readable_copy([package], NEW, place):
        assert {path.name for path in place.iterdir()} == {NEW, "lock"}


def test_a_copy_that_fails_says_so_and_leaves_nothing(package: Path, place: Path) -> None:
    parts = [package, package / "missing"]
    with pytest.raises(RootError, match=f"cannot be copied to {place / NEW}"), readable_copy(parts, NEW, place):
        pass
    assert [path.name for path in place.iterdir()] == ["lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_place_that_is_somebody_elses_is_not_copied_to(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_root, "ROOT_HOME", place)
    os.chown(place, 65534, 65534)
    with pytest.raises(RootError, match=f"{place} belongs to the user nobody: run FlowPilot as that user"):
        binaries_place()
    assert list(place.iterdir()) == []
