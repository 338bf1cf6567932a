"""Spreadsheets, JSON and XES give the rows that the same log would give as CSV."""

import bz2
import gzip
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from flowpilot.imports.reading.errors import BadRowError, LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.opening import open_log


def read(path: Path, **layout: Any) -> tuple[list[str], list[tuple[int, list[str]]]]:
    with open_log(path, Layout(**layout)) as reader:
        return reader.header, list(reader.rows())


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for place, cells in enumerate(rows):
                sheet.write_row(place, 0, cells)
    return path


def saved(folder: Path, data: str | bytes, name: str = "log.dat") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_sheet_is_read_as_it_would_be_written_in_csv(tmp_path: Path) -> None:
    at, day = datetime.fromisoformat("2026-06-01T09:30"), date(2026, 6, 2)
    rows: list[list[Any]] = [["id", "at", "day", "n", "yes"], ["007", at, day, 12, True]]
    header, found = read(book(tmp_path / "log.xlsx", Tickets=rows))
    assert header == ["id", "at", "day", "n", "yes"]
    assert found == [(2, ["007", "2026-06-01T09:30:00", "2026-06-02T00:00:00", "12", "true"])]


def test_a_sum_below_the_rows_of_a_sheet_is_left_out(tmp_path: Path) -> None:
    at = "2026-06-01 09:00"
    rows = [["id", "at", "hours"], ["T-1", at, "2"], ["T-2", at, ""], ["Total", "", "2"]]
    with open_log(book(tmp_path / "log.xlsx", Tickets=rows)) as reader:
        assert len(list(reader.rows())) == 2
        assert reader.left_out == ["Line 4: Total 2"]


def test_empty_rows_of_a_sheet_are_skipped_and_what_stands_below_is_left_out(tmp_path: Path) -> None:
    rows = [["a", "b", "c"], ["1", "2", "3"], [], ["4", "", "6"], [], ["Total 2"]]
    path = book(tmp_path / "log.xlsx", Tickets=rows)
    with open_log(path) as reader:
        assert list(reader.rows()) == [(2, ["1", "2", "3"]), (4, ["4", "", "6"])]
        assert reader.left_out == ["Line 6: Total 2"]


def test_of_several_sheets_the_one_with_rows_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    rows = [["a", "b"], ["1", "2"]]
    assert read(book(tmp_path / "one.xlsx", Cover=[["Report"]], Data=rows))[0] == ["a", "b"]
    both = book(tmp_path / "two.xlsx", May=rows, June=[["c", "d"], ["3", "4"]])
    with pytest.raises(LogFileError, match=r"two\.xlsx has 2 sheets with rows \(May, June\)"):
        read(both)
    assert read(both, sheet="June") == (["c", "d"], [(2, ["3", "4"])])
    with pytest.raises(LogFileError, match="has no sheet July: it has May, June"):
        read(both, sheet="July")


def test_a_number_that_lost_digits_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "log.xlsx", Tickets=[["id", "b"], [123456789012345678, "x"]])
    with pytest.raises(
        BadRowError, match=r"^Line 2: .*12345678901234\d+ has more digits than a spreadsheet keeps"
    ):
        read(path)


def test_a_spreadsheet_that_is_damaged_is_refused(tmp_path: Path) -> None:
    path = book(tmp_path / "log.xlsx", Tickets=[["a"], ["1"]])
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(tmp_path / "half.xlsx", "w") as half:
        half.writestr("[Content_Types].xml", whole.read("[Content_Types].xml"))
    with pytest.raises(LogFileError, match=r"half\.xlsx cannot be read as a spreadsheet"):
        read(tmp_path / "half.xlsx")


RECORDS = [
    {"key": "A-1", "fields": {"status": {"name": "Done"}, "labels": ["vpn", "mail"]}, "n": 1.5, "open": False},
    {"key": "A-2", "fields": {"status": None, "assignee": {"name": "Ada"}}},
]
COLUMNS = ["key", "fields.status.name", "fields.labels", "n", "open", "fields.status", "fields.assignee.name"]
ROWS = [
    (1, ["A-1", "Done", "vpn, mail", "1.5", "false", "", ""]),
    (2, ["A-2", "", "", "", "", "", "Ada"]),
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RECORDS),
        json.dumps(RECORDS, indent=2),
        json.dumps({"total": 2, "issues": RECORDS}),
        "\n".join(map(json.dumps, RECORDS)),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps(RECORDS).encode("utf-16"),
        "\n".join(map(json.dumps, RECORDS)).encode("utf-16-le"),
        json.dumps({"total": 2, "issues": RECORDS}).encode("utf-16-be"),
    ],
    ids=["list", "lines of a list", "document", "one a line", "mark", "UTF-16", "UTF-16, one a line", "no mark"],
)
def test_records_have_a_column_for_each_path(tmp_path: Path, text: str | bytes) -> None:
    assert read(saved(tmp_path, text)) == (COLUMNS, ROWS)


HALVES = r'{"a": "b\ud83d", "n\udc00": "\ud83d\ude00"}'


def test_half_a_character_in_a_line_becomes_a_question_mark(tmp_path: Path) -> None:
    header, rows = read(saved(tmp_path, f'{{"a": 1}}\n{HALVES}\n'))
    assert (header, rows[-1][1]) == (["a", "n?"], ["b?", "\U0001f600"])


@pytest.mark.parametrize("form", ["[{}]", '[{{"a": 1}}, {}]', "{}"], ids=["first", "second", "alone"])
def test_half_a_character_in_a_document_is_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(LogFileError, match="not valid JSON"):
        read(saved(tmp_path, form.format(HALVES)))


def test_the_path_of_the_records_can_be_named(tmp_path: Path) -> None:
    document = {"links": [{"rel": "next"}], "result": {"items": [{"a": 1}]}}
    assert read(saved(tmp_path, json.dumps(document)), records="result.items") == (["a"], [(1, ["1"])])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1}\n{"a": 2\n', "^Line 2: not valid JSON"),
        ('{"a": 1}\n[2]\n', r"^Line 2: expected a record"),
        ('[{"a": 1}, {"a": ', "^Line 2: not valid JSON"),
        ('{"a": 1, "b": [1, 2]}x', "holds no list of records|not valid JSON"),
        ("[]", "holds no list of records"),
    ],
)
def test_json_that_is_no_list_of_records_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(LogFileError, match=problem):
        read(saved(tmp_path, text))


def test_a_csv_file_may_name_its_columns_in_brackets(tmp_path: Path) -> None:
    assert read(saved(tmp_path, "[id],[at]\n1,2\n")) == (["[id]", "[at]"], [(2, ["1", "2"])])


XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <string key="concept:name" value="tickets"/>
  <trace><string key="concept:name" value="T1"/>
    <event><string key="concept:name" value="Open"/>
      <date key="time:timestamp" value="2026-06-01T09:00:00Z"/></event>
    <event><string key="concept:name" value="Close"/><string key="org:resource" value="Ada"/></event>
  </trace>
</log>"""


def test_the_events_of_a_trace_are_rows(tmp_path: Path) -> None:
    header, rows = read(saved(tmp_path, XES))
    assert header == ["case:concept:name", "concept:name", "time:timestamp", "org:resource"]
    assert rows == [(1, ["T1", "Open", "2026-06-01T09:00:00Z", ""]), (2, ["T1", "Close", "", "Ada"])]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (
            '<?xml version="1.0"?>\n<!-- made by us -->\n<ss:Workbook xmlns:ss="urn"><ss:Row/></ss:Workbook>',
            "ss:Workbook",
        ),
        ("<!DOCTYPE html>\n<HTML><body><table><tr><td>1</td></tr></table></body></HTML>", "HTML"),
        ("  <table><tr><td>1<td>2</table>", "table"),
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?><tickets/>', "tickets"),
    ],
    ids=["a spreadsheet of 2003", "a page", "a table that is called a spreadsheet", "a list of tickets"],
)
def test_what_is_marked_up_otherwise_says_what_it_is(tmp_path: Path, text: str, first: str) -> None:
    data = text.encode("utf-16-le" if "UTF-16" in text else "utf-8")
    with pytest.raises(LogFileError, match=f"XML or HTML that begins with <{first}>.*export it as CSV"):
        read(saved(tmp_path, data))


def test_xml_that_refers_elsewhere_is_refused(tmp_path: Path) -> None:
    entities = '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">'
    bomb = XES.replace("<log", f"<!DOCTYPE log [{entities}]>\n<log")
    with pytest.raises(BadRowError, match="not readable as XES"):
        read(saved(tmp_path, bomb))


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_every_kind_may_be_packed(tmp_path: Path, pack: Any) -> None:
    plain = saved(tmp_path, json.dumps(RECORDS))
    with open_log(plain) as one, open_log(saved(tmp_path, pack(plain.read_bytes()), "log.packed")) as other:
        assert one.digest == other.digest
        assert list(one.rows()) == list(other.rows())


def test_what_unpacks_to_far_more_than_a_log_does_is_refused_early(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + bytes(200 * 2**20), 9)
    with pytest.raises(LogFileError, match=r"unpacks to more than \d+ MB, as no log of its size does"):
        read(saved(tmp_path, bomb))
