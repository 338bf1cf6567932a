"""The names of the columns are found below a title, and the list of the tickets among several."""

import json
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from flowpilot.imports.guess.suggest import read_sample, suggest
from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.header import header_place
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.opening import open_log

NAMES = ["Ticket", "Opened", "Resolved", "Agent"]
ROW = ["T-1", "2026-06-01 09:00", "2026-06-01 10:00", "Ada"]


def read(path: Path, **layout: Any) -> tuple[list[str], list[tuple[int, list[str]]], list[str]]:
    with open_log(path, Layout(**layout)) as reader:
        return reader.header, list(reader.rows()), reader.left_out


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "log.txt"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("above", [["Tickets, June 2026"], ["Tickets", "", "Made by Ada; on 1 July"]])
def test_titles_above_the_names_are_passed_over_and_said(tmp_path: Path, separator: str, above: list[str]) -> None:
    quoted = [f'"{line}"' if separator in line else line for line in above]
    rows = [separator.join(ROW)] * 3
    found = read(written(tmp_path, "\n".join([*quoted, separator.join(NAMES), *rows])))
    first = len(above) + 2
    assert found[:2] == (NAMES, [(first + place, ROW) for place in range(3)])
    assert found[2] == [f"Line {place}: {line}" for place, line in enumerate(above, 1) if line]


def test_so_they_are_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 3, "Tickets of June")
        sheet.write_row(1, 0, ["Period", "", "June 2026"])
        for place, cells in enumerate([NAMES, ROW, ROW], 3):
            sheet.write_row(place, 0, cells)
    assert read(path) == (
        NAMES,
        [(5, ROW), (6, ROW)],
        ["Line 1: Tickets of June", "Line 2: Period June 2026"],
    )
    assert suggest(path, "log", "UTC").draft["case"] == {"id": "Ticket"}


@pytest.mark.parametrize(
    ("records", "place"),
    [
        ([NAMES, ROW], 0),
        # A row is never taken for the names, whatever the first line says.
        ([["Tickets"], ROW, ROW], 0),
        ([["a", "b"], ["x", "y", "z", "1 thing"]], 0),
        ([["Title"], [], ["a", "b", "c"], ["x", "y", "x"]], 2),
        # What is named twice names no columns.
        ([["Title"], ["a", "a", "b"]], 0),
        ([["id", "note", "more"], ["1", "", ""], ["2", "x", "y"]], 0),
        ([[]], 0),
        ([], 0),
    ],
)
def test_where_the_names_are(records: list[list[str]], place: int) -> None:
    assert header_place(records) == place


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_found_in_any_script(tmp_path: Path, encoding: str) -> None:
    for names in (["тикет", "открыт", "кто"], ["工单编号", "创建时间", "处理人一"], ["チケット", "開始", "担当"]):
        rows = [["№ 1", "2026-06-01 09:00", "Ада 一一"]] * 5
        text = "\r\n".join(",".join(cells) for cells in [names, *rows])
        header, found, _ = read(written(tmp_path, text, encoding))
        assert (header, found[0][1]) == (names, rows[0])
        text = json.dumps([dict(zip(names, cells, strict=True)) for cells in rows], ensure_ascii=False)
        assert read(written(tmp_path, text, encoding))[0] == names


def test_of_several_lists_the_longest_is_read_and_the_others_are_said(tmp_path: Path) -> None:
    tickets = [{"id": "1", "tags": [{"name": "x"}, {"name": "y"}]}, {"id": "2", "tags": []}]
    document = {"errors": [], "meta": [{"page": 1}], "result": {"items": tickets}}
    file = written(tmp_path, json.dumps(document))
    header, rows, left_out = read(file)
    assert (header, len(rows), left_out) == (["id", "tags"], 2, ["The list meta: 1 records"])
    assert read(file, records="meta")[:2] == (["page"], [(1, ["1"])])


def test_of_lists_that_are_as_long_one_has_to_be_named(tmp_path: Path) -> None:
    file = written(tmp_path, json.dumps({"users": [{"a": 1}], "tickets": [{"b": 2}]}))
    with (
        pytest.raises(LogFileError, match=r"several lists of records \(users, tickets\)") as caught,
        open_log(file),
    ):
        pass
    assert caught.value.extra["lists"] == ["users", "tickets"]
    assert read(file, records="tickets")[0] == ["b"]


def test_a_list_that_goes_on_far_into_the_document_is_the_longest_or_asked_for(tmp_path: Path) -> None:
    many = [{"id": place} for place in range(20_000)]
    assert read(written(tmp_path, json.dumps({"few": [{"a": 1}], "many": many})))[0] == ["id"]
    later = {"first": many[:5_000], "more": many}
    assert read(written(tmp_path, json.dumps(later)))[2] == ["The list first: 5,000 records"]
    unclear = {"first": many[:8_000], "more": many}
    with pytest.raises(LogFileError, match="several lists"):
        read(written(tmp_path, json.dumps(unclear)))


def test_numbers_of_a_spreadsheet_are_dates_in_a_column_that_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "log.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Ticket", "Opened", "Resolved"])
        sheet.write_row(1, 0, [46_001, 46_174.375])
        sheet.write_number(1, 2, 46_174.5, day)
        sheet.write_row(2, 0, [46_002, 46_175.416_666_67, 46_176])
    draft = suggest(path, "log", "UTC").draft
    assert (draft["case"], draft["session"]["created_at"]) == ({"id": "Ticket"}, "Opened")
    assert draft["times"]["format"] == "excel"
    columns = {column.name: column.patterns for column in read_sample(path).columns}
    assert columns == dict.fromkeys(("Ticket", "Opened", "Resolved"), ("excel",))
