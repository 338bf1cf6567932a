"""What is counted again replaces its own row in RELIABILITY.md, and no other."""

from pathlib import Path

from benchmarks.reliability import report
from benchmarks.reliability.report import Report

HEAD = "| ticket system | doubled |\n|---|---:|"
MACHINE = {"CPU": "2 cores", "database": "12 MB"}


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    written = Report({"Redmine 5": "| Redmine 5 | 0 |", "HaloPSA": "| HaloPSA | 0 |"}, "p50: 7 ms.")
    report.write(written, HEAD, MACHINE, tmp_path / "R.md")
    assert report.read({**MACHINE, "database": "13 MB"}, tmp_path / "R.md") == written


def test_rows_of_another_machine_are_left_out(tmp_path: Path) -> None:
    report.write(Report({"Redmine 5": "| Redmine 5 | 0 |"}), HEAD, MACHINE, tmp_path / "R.md")
    assert report.read({"CPU": "64 cores"}, tmp_path / "R.md") == Report({})


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert report.read(MACHINE, tmp_path / "R.md") == Report({})
