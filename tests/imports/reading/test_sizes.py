"""Files that ask for too much are refused early, in a sentence, and take nothing along."""

import io
import json
import os
import tracemalloc
import zipfile
from itertools import islice
from pathlib import Path

import pytest
import xlsxwriter

from flowpilot.imports.reading import records
from flowpilot.imports.reading.bounds import BeyondBoundsError, Bounded
from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.opening import open_log
from flowpilot.imports.reading.table import MOST_COLUMNS


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


def test_a_document_on_one_line_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LONGEST_LINE", 2**20)
    file = tmp_path / "log.json"
    with file.open("w") as text:
        text.write("[")
        text.writelines(f'{{"id": "{place}", "note": "{"x" * 1_000}"}},' for place in range(6_000))
        text.write('{"id": "last"}]')
    tracemalloc.start()
    with open_log(file) as reader:
        assert sum(1 for _ in reader.rows()) == 6_001
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # As much as one record may have, and its text, are held to see whether the line is one.
    assert file.stat().st_size > 6 * 10**6
    assert most < 4 * 2**20


@pytest.mark.parametrize("lines", [1, 2])
@pytest.mark.parametrize(("opens", "closes"), [('{"a":', "}"), ("[", "]")])
def test_levels_without_end_are_refused_in_a_sentence(tmp_path: Path, lines: int, opens: str, closes: str) -> None:
    deep = f'{{"id": 1, "deep": {opens * 50_000}1{closes * 50_000}}}'
    for whole in ("\n".join([deep] * lines), f"[{','.join([deep] * lines)}]", f'{{"id": 2}}\n{deep}'):
        file = tmp_path / "log.json"
        file.write_text(whole)
        with (
            pytest.raises(LogFileError, match=r"too many levels|more than 200 levels|no list of records"),
            open_log(file) as reader,
        ):
            list(reader.rows())


def test_a_record_of_more_than_twenty_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"id": 1}\n{"id": "' + "x" * (20 * 2**20) + '"}\n')
    with pytest.raises(LogFileError, match=r"^Line 2: longer than 20 MB\."), open_log(file):
        pass


def test_more_columns_than_an_export_has_are_refused(tmp_path: Path) -> None:
    names = [f"c{place}" for place in range(MOST_COLUMNS + 1)]
    for text in (
        ",".join(names) + "\n",
        "\n".join(f'{{"{name}": 1}}' for name in names),
        "<log><trace>"
        + "".join(f'<event><int key="{one}" value="1"/></event>' for one in names)
        + "</trace></log>",
    ):
        file = tmp_path / "log.dat"
        file.write_text(text)
        with pytest.raises(LogFileError, match=r"log\.dat has more than 5,000 columns"), open_log(file):
            pass


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_levels_are_counted_outside_of_texts(size: int) -> None:
    said = json.dumps({"a": ["[" * 300, 'q"[[{', "\\\\", "]"] * 100, "b": [[["\\" + '"' * 9]]]}).encode()
    file = Bounded(io.BytesIO(said))
    assert b"".join(iter(lambda: file.read(size), b"")) == said
    deep = Bounded(io.BytesIO(said[:-1] + b', "c": ' + b'[1, {"d\\"]": ' * 100 + b"1"))
    with pytest.raises(BeyondBoundsError):
        list(iter(lambda: deep.read(size), b""))


@pytest.mark.parametrize("before", ["", '{"id": 1}\n', "["])
def test_a_number_without_end_is_refused_in_a_sentence(tmp_path: Path, before: str) -> None:
    """The parser of documents ends the process at it, and with it the server."""
    file = tmp_path / "log.json"
    file.write_text(f'{before}{{"case": {"9" * 6_000}}}{"]" if before == "[" else ""}\n{{"case": 1}}\n')
    with pytest.raises(LogFileError, match="digits"), open_log(file) as reader:
        list(reader.rows())


@pytest.mark.parametrize("size", [1, 64, 3_999])
def test_digits_are_counted_over_pieces_and_outside_of_texts(size: int) -> None:
    said = json.dumps({"a": "9" * 5_000, "b": [int("9" * 3_999), 1, "2", 3]}).encode()
    file = Bounded(io.BytesIO(said))
    assert b"".join(iter(lambda: file.read(size), b"")) == said
    long = Bounded(io.BytesIO(b"[" + b"9" * 4_001))
    with pytest.raises(BeyondBoundsError):
        list(iter(lambda: long.read(size), b""))


def test_a_header_line_below_the_end_is_no_endless_search(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("id,at\n1,2026-01-01\n")
    with pytest.raises(LogFileError, match="is empty"), open_log(file, Layout(header_line=10**30)):
        pass
