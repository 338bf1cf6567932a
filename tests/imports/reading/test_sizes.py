"""Files that ask for too much are refused early, in a sentence, and take nothing along."""

import os
import zipfile
from itertools import islice
from pathlib import Path

import pytest
import xlsxwriter

from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.opening import open_log


def far_away(path: Path, row: int, column: int) -> Path:
    """A spreadsheet of a few rows, and one cell far away from them."""
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet("Tickets")
        for place, cells in enumerate([["id", "at"], ["1", "2026-06-01"]]):
            sheet.write_row(place, 0, cells)
        sheet.write(row, column, "x")
    return path


CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")


def children() -> set[str]:
    """The processes that this one has started, and that still run."""
    return set(CHILDREN.read_text().split())


def test_a_cell_far_away_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = far_away(tmp_path / "log.xlsx", 2**20 - 1, 2_000)
    assert file.stat().st_size < 6_000
    with (
        pytest.raises(LogFileError, match=r"log\.xlsx needs more memory .*one cell far .* save it as CSV"),
        open_log(file) as reader,
    ):
        list(reader.rows())


def test_a_cell_away_by_some_rows_is_read(tmp_path: Path) -> None:
    with open_log(far_away(tmp_path / "log.xlsx", 500, 1)) as reader:
        assert list(reader.rows()) == [(2, ["1", "2026-06-01"]), (501, ["", "x"])]


@pytest.mark.skipif(not CHILDREN.exists(), reason="this system does not list them")
def test_what_reads_a_spreadsheet_ends_with_the_file(tmp_path: Path) -> None:
    file, before = tmp_path / "log.xlsx", children()
    with xlsxwriter.Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        for place in range(20_000):
            sheet.write_row(place, 0, ["a text that fills the pipe", place, place])
    with open_log(file) as reader:
        assert len(list(islice(reader.rows(), 5))) == 5
        assert len(children() - before) == 1
    assert children() == before


def test_a_spreadsheet_that_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    file = far_away(tmp_path / "log.xlsx", 3, 1)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.xml", bytes(80 * 2**20))
    with (
        pytest.raises(LogFileError, match=r"log\.xlsx unpacks to 80 MB, and \d\d MB are read at most"),
        open_log(file),
    ):
        pass
