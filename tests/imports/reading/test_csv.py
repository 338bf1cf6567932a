import codecs
from pathlib import Path
from typing import Any

import pytest

from flowpilot.imports.guess.suggest import suggest
from flowpilot.imports.reading.errors import BadRowError, LogFileError
from flowpilot.imports.reading.layout import Layout
from flowpilot.imports.reading.opening import open_log

Found = tuple[list[str], list[list[str]]]
HEADER, ROW = ["id", "what", "wann"], ["1", "größer", "x, y"]


def read(folder: Path, data: bytes, **layout: Any) -> Found:
    path = folder / "log.txt"
    path.write_bytes(data)
    with open_log(path, Layout(**layout)) as reader:
        return reader.header, [fields for _, fields in reader.rows()]


@pytest.mark.parametrize("separator", [";", "\t", "|", "^"])
def test_the_separator_is_found_by_looking(tmp_path: Path, separator: str) -> None:
    lines = separator.join(HEADER) + "\n" + separator.join(ROW) + "\n"
    assert read(tmp_path, lines.encode()) == (HEADER, [ROW])


def test_a_separator_within_quotes_separates_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b'a,b,c\n"1;2;3;4",5,6\n"7;8",9,0\n') == (
        ["a", "b", "c"],
        [["1;2;3;4", "5", "6"], ["7;8", "9", "0"]],
    )


def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path) -> None:
    assert read(tmp_path, b"sep=,\r\na,b;c\r\n1,2;3\r\n") == (["a", "b;c"], [["1", "2;3"]])


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "cp1252"),
    ],
)
def test_the_encoding_is_found_by_looking(tmp_path: Path, mark: bytes, encoding: str) -> None:
    lines = f"{';'.join(HEADER)}\r\n{';'.join(ROW)}\r\n"
    assert read(tmp_path, mark + lines.encode(encoding)) == (HEADER, [ROW])


def test_other_quotes_are_named(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,b\n'1,2',3\n", quote="'") == (["a", "b"], [["1,2", "3"]])


def test_lines_above_the_header_are_skipped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"Tickets of May\n\na,b\n1,2\n3\n")
    with open_log(path, Layout(header_line=3)) as reader, pytest.raises(BadRowError, match=r"^Line 5: expected 2"):
        list(reader.rows())


def test_lines_below_the_rows_are_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"a,b,c\n1,2,3\n,,\nTotal: 1 row\nExported by Jira;,,\n")
    with open_log(path) as reader:
        assert [fields for _, fields in reader.rows()] == [["1", "2", "3"]]
        assert reader.left_out == ["Line 4: Total: 1 row", "Line 5: Exported by Jira;"]


@pytest.mark.parametrize("last", [["8,,", "9,,"], ["INC0100,,"], ["8,,", "Total: 2,,"]])
def test_a_ticket_at_the_end_of_which_only_the_number_is_known_is_a_row(tmp_path: Path, last: list[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(["id,note,at", "1,a,b", "INC0007,,b", *last]))
    with open_log(path) as reader:
        found = [fields for _, fields in reader.rows()]
        assert [fields[0] for fields in found[2:]] == [line.split(",")[0] for line in last if "Total" not in line]
        assert reader.left_out == [
            f"Line {4 + place}: Total: 2" for place, one in enumerate(last) if "Total" in one
        ]


def test_a_count_that_stands_alone_below_the_rows_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("id,note,at\n1,a,b\n2,c,d\n2\n")
    with open_log(path) as reader:
        assert len(list(reader.rows())) == 2
        assert reader.left_out == ["Line 4: 2"]


def test_what_stands_below_prose_is_left_out(tmp_path: Path) -> None:
    texts = [f"{'word, ' * place}end." for place in range(25)] + ["Exported by Ada"]
    path = tmp_path / "log.csv"
    path.write_text(
        "note,id,at\n" + "".join(f'"{text}",{place},x\n' for place, text in enumerate(texts)) + "By Ada,,\n"
    )
    with open_log(path) as reader:
        assert len(list(reader.rows())) == len(texts)
        assert reader.left_out == [f"Line {len(texts) + 2}: By Ada"]


TICKETS = "Number;Opened;Resolved;Hours;Title\nT-1;01/Jun/26;02/Jun/26;1.5;Mouse\nT-2;02/Jun/26;;7.5;Printer\n"


@pytest.mark.parametrize(
    "below",
    [
        ["Total;2"],
        ["Total;;;9.0"],
        ["Total;;;9.0;"],
        ["Tickets;2;;;", "Hours;9.0;;;"],
        ["Sum;;;9.0;", "Exported by;Ada"],
        [";;Sum;9.0;"],
    ],
)
def test_lines_with_several_values_below_the_rows_are_left_out_and_named(tmp_path: Path, below: list[str]) -> None:
    path = tmp_path / "log.csv"
    path.write_text(TICKETS + "\n".join(below))
    with open_log(path) as reader:
        assert [fields[0] for _, fields in reader.rows()] == ["T-1", "T-2"]
        words = [" ".join(filter(None, line.split(";"))) for line in below]
        assert reader.left_out == [f"Line {place}: {said}" for place, said in enumerate(words, 4)]
    draft = suggest(path, "log", "UTC").draft
    assert (draft["case"], draft["session"]["created_at"]) == ({"id": "Number"}, "Opened")


@pytest.mark.parametrize(
    "last",
    [
        # A ticket of which nobody knows when it was opened is said to be wrong.
        "T-3;;;;Keyboard",
        "Total;;;9.0;Printer\nT-3;02/Jun/26;;7.5;Printer",
        "REQ 1;03/Jun/26;;1.5;",
    ],
)
def test_what_says_which_ticket_it_is_or_when_it_was_is_a_row(tmp_path: Path, last: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(TICKETS + last)
    with open_log(path) as reader:
        assert len(list(reader.rows(lambda *_: None))) == 3 + last.count("\n")
        assert reader.left_out == []


def test_a_ticket_whose_number_comes_after_its_title_is_a_row(tmp_path: Path) -> None:
    texts = [f"{'word, ' * place}end." for place in range(25)]
    rows = [f'"{text}",T-{place},2026-06-01,Ada\n' for place, text in enumerate(texts)]
    path = tmp_path / "log.csv"
    path.write_text("title,id,opened,who\n" + "".join(rows) + "No sound,T-99,,Ada\n")
    with open_log(path) as reader:
        assert len(list(reader.rows())) == len(texts) + 1


def test_a_short_line_among_the_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=r"^Line 3: expected 3 fields as in the header, found 1\."):
        read(tmp_path, b"a,b,c\n1,2,3\nTotal\n4,5,6\n")


def test_a_row_with_one_value_among_the_others_is_a_row(tmp_path: Path) -> None:
    assert read(tmp_path, b"a,b,c\n1,,\n4,5,6\n")[1] == [["1", "", ""], ["4", "5", "6"]]


def test_a_row_that_was_cut_off_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadRowError, match=r"^Line 3: expected 3 fields"):
        read(tmp_path, b"a,b,c\n1,2,3\n4,5\n")


def test_a_cell_may_have_ten_megabytes(tmp_path: Path) -> None:
    long = "x" * (10 * 2**20 - 1)
    assert read(tmp_path, f"a,b\n1,{long}\n".encode())[1] == [["1", long]]


def test_a_file_of_nothing_but_line_breaks_is_empty(tmp_path: Path) -> None:
    with pytest.raises(LogFileError, match="is empty"):
        read(tmp_path, b"\n\n")
