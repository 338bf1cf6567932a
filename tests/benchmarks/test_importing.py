"""The benchmark of imports reads what it wrote, whole."""

from pathlib import Path

from benchmarks.importing.log import write_log
from benchmarks.importing.measure import ImportCost
from benchmarks.importing.table import imports_in_words, imports_markdown
from flowpilot.db.connect import DatabaseUrls
from flowpilot.imports.mapping.loading import load_mapping
from tests.imports.helpers import new_world


def test_the_log_is_one_that_the_shipped_mapping_reads(urls: DatabaseUrls, tmp_path: Path) -> None:
    world, file = new_world(urls), tmp_path / "log.csv"
    write_log(file, 40)
    done = world.load(file, load_mapping("servicenow"))
    assert (done.sessions, done.steps, done.cases_left_out) == (40, done.rows, 0)
    assert 0 < done.claimed < done.handoffs
    assert not done.warnings
    assert world.ask("SELECT count(*) FROM ai_sessions WHERE status = 'resolved'") == [(40,)]


def test_the_same_log_is_written_each_time(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        write_log(tmp_path / name, 20)
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


def test_imports_are_shown_with_their_ratios() -> None:
    first = ImportCost("the first", 1_000, 2.2, 1.0, None, 100.0, 110.0, 0.1)
    later = ImportCost("a later one", 1_000, 2.0, 1.0, 0.5, 100.0, 110.0, 0.1)
    longer = ImportCost("4 times the cases", 4_000, 8.0, 4.0, 2.0, 100.0, 121.0, 0.4)
    assert "(here 1.10)" in imports_in_words([first, later, longer])
    text = imports_markdown([first, later, longer])
    assert "| the first | 1,000 | 455 | 1.0 | unknown | 110 | 10 | 22 |" in text
