"""Refused logs, which leave nothing behind."""

import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest

from flowpilot.imports.loader import ImportSummary
from flowpilot.imports.mapping.sections import MappingError
from flowpilot.imports.mapping.whole import Mapping
from flowpilot.imports.preview import preview_log
from flowpilot.imports.reading.errors import BadRowError, columns_in_words
from flowpilot.imports.unusable import UnusableRowsError
from tests.imports.helpers import MAPPING, NOTHING, NOW, SMALL, World, row, write_log

A_TIME = "a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)"
COLUMNS = "The file's columns are: ticket, seq, opened, solved, at, who, kind, moves, note."
GOOD = row("T1", 1, "09:00", "Ada")
SANE = (
    "a time from 1970-01-01 to 2027-06-02 (name the cell in file.unknown if it means that the time is not known)"
)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"at": "4 May, nine"}, "at is '4 May, nine', expected a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)"),
        (
            {"at": "2026-02-30 09:00"},
            "at is '2026-02-30 09:00', expected a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)",
        ),
        ({"at": "?"}, f"at is '?', which means unknown, but every row needs {A_TIME}"),
        ({"opened": "?"}, f"opened is '?', which means unknown, but every row needs {A_TIME}"),
        ({"solved": "soon"}, "solved is 'soon', expected a time like 2026-01-31 14:30 (%Y-%m-%d %H:%M)"),
        ({"solved": "9999-12-31 23:59"}, f"solved is '9999-12-31 23:59', expected {SANE}"),
        ({"at": "0001-01-01 00:00"}, f"at is '0001-01-01 00:00', expected {SANE}"),
        ({"opened": "1969-12-31 23:59"}, f"opened is '1969-12-31 23:59', expected {SANE}"),
        ({"opened": "2027-06-02 12:01"}, f"opened is '2027-06-02 12:01', expected {SANE}"),
        ({"ticket": ""}, "ticket is '', which means unknown, but every row needs a value"),
        ({"seq": "second"}, "seq is 'second', expected a number like 12"),
        ({"seq": "NaN"}, "seq is 'NaN', expected a number like 12"),
        ({"moves": "1e9"}, "moves is '1e9', expected a number like 12"),
        ({"moves": "?"}, "moves is '?', which means unknown, but every row needs a number like 12"),
        ({"who": "A" * 301}, "who is longer than 300 characters"),
        ({"note": "a\0b"}, "note holds a NUL character"),
    ],
)
def test_a_bad_value_is_named_with_its_line(
    world: World, tmp_path: Path, cells: dict[str, str], problem: str
) -> None:
    log = write_log(tmp_path / "log.csv", [GOOD, {**GOOD, **cells}, GOOD])
    with pytest.raises(UnusableRowsError) as raised:
        world.load(log)
    place = "Line 3 (ticket T1)" if cells.get("ticket", "T1") else "Line 3"
    assert raised.value.detail == f"{place}: {problem}. {COLUMNS} Nothing was imported."
    assert world.counts() == NOTHING


def test_the_page_and_the_dry_run_refuse_a_time_that_cannot_be(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [{**GOOD, "solved": "9999-12-31 23:59"}])
    with pytest.raises(UnusableRowsError) as raised:
        preview_log(world.url, world.account_id, log, SMALL, now=NOW)
    assert (raised.value.extra["column"], raised.value.extra["found"]) == ("solved", "9999-12-31 23:59")


def test_the_first_and_the_last_time_that_can_be_are_taken(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [{**GOOD, "opened": "1970-01-01 00:00", "solved": "2027-06-02 12:00"}])
    assert world.load(log).sessions == 1


def test_never_can_be_named_as_unknown(world: World, tmp_path: Path) -> None:
    never = Mapping.model_validate({**MAPPING, "file": {"unknown": ["?", "9999-12-31 23:59"]}})
    log = write_log(tmp_path / "log.csv", [{**GOOD, "solved": "9999-12-31 23:59", "note": "x", "kind": "y"}])
    assert world.load(log, never).sessions == 1
    assert world.ask("SELECT resolved_at FROM ai_sessions") == [(None,)]


def test_a_row_with_another_number_of_fields_leaves_nothing(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [GOOD])
    log.write_text(log.read_text() + "T2,1\n")
    with pytest.raises(UnusableRowsError, match=r"^Line 3 \(ticket T2\): expected 9 fields .* found 2\."):
        world.load(log)
    assert world.counts() == NOTHING


def test_a_column_that_the_file_lacks_is_named_with_its_key(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [GOOD])
    log.write_text(log.read_text().replace("opened", "begun"))
    with pytest.raises(MappingError) as raised:
        world.load(log)
    assert raised.value.detail == (
        "log.csv has no column opened, which the mapping small names in session.created_at: "
        "correct the mapping, or export the log with that column. "
        "The file's columns are: ticket, seq, begun, solved, at, who, kind, moves, note."
    )
    assert world.counts() == NOTHING


def test_of_many_columns_those_are_named_first_that_are_called_like_the_one_that_is_missing(
    tmp_path: Path,
) -> None:
    """Also in the error of a value, and of a row that is too short."""
    columns = [f"Custom field {number}" for number in range(300)]
    said = columns_in_words([*columns, "Created on"], "created_on")
    assert said.startswith("The file's columns are: Created on, Custom field 0, Custom field 1, ")
    assert said.endswith("Custom field 18 and 281 more.")
    error = BadRowError(7, "expected 2 fields as in the header, found 1", columns=["a", ""])
    assert error.detail == (
        "Line 7: expected 2 fields as in the header, found 1. The file's columns are: a, (no name)."
        " Nothing was imported."
    )


def test_the_second_column_of_a_name_has_a_name_of_its_own(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [row("T1", 1, "09:00", "Ada", note="Grace", kind="Linus")])
    log.write_text(log.read_text().replace("note", "who").replace("kind", "who (2)"))
    of_third = Mapping.model_validate(
        {**MAPPING, "row": {"at": "at", "by": "who (3)"}, "session": {**MAPPING["session"], "domain": "who (2)"}}
        | {"step": {}}
    )
    world.load(log, of_third)
    assert world.ask("SELECT problem_domain FROM ai_sessions") == [("Linus",)]
    assert world.ask("SELECT u.name FROM ai_session_steps s JOIN users u ON u.id = s.actor_id") == [("Grace",)]


def test_two_imports_of_one_file_at_a_time_import_it_once(world: World, tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", [row(f"T{n}", 1, "09:00", "Ada") for n in range(2_000)])
    barrier = Barrier(2)
    summaries: list[ImportSummary] = []

    def run() -> None:
        barrier.wait()
        summaries.append(world.load(log))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(summaries, key=lambda summary: summary.sessions) == [
        ImportSummary(rows=2_000, already_imported_at=NOW),
        ImportSummary(rows=2_000, sessions=2_000, steps=2_000, people_created=1),
    ]
    assert world.counts()["ai_sessions"] == 2_000


KILLED = """
import os, signal, sys
from pathlib import Path
from uuid import UUID
from tests.imports.helpers import World

def die(progress):
    if progress.phase == "writing" and 0 < progress.fraction < 1:
        print("written", progress.done, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

World(sys.argv[1], UUID(sys.argv[2])).load(Path(sys.argv[3]), progress=die)
"""


def test_an_import_that_is_killed_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    rows = [row(f"T{n}", 1, "09:00", f"Person {n % 7}") for n in range(12_000)]
    log = write_log(tmp_path / "log.csv", rows)
    command = [sys.executable, "-c", KILLED, world.url, str(world.account_id), str(log)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (ended.returncode, ended.stdout, ended.stderr) == (-9, "written 5000\n", "")
    assert world.counts() == NOTHING
    assert world.load(log).sessions == 12_000
