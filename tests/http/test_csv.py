"""Text that a spreadsheet would run stays text."""

import pytest

from flowpilot.http.csv import csv_lines, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\nx", " =1", "＝1"])  # noqa: RUF001
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "plain", "a=b", "'=1", -1, 2.5, None, True])
def test_everything_else_stays(value: object) -> None:
    assert safe_cell(value) is value


def test_rows_are_lines_with_values_as_in_json() -> None:
    rows = [("name", "value"), ("=1+1", None), ('say "hi"', True), ("two\nlines", -1.5)]
    assert csv_lines(rows) == 'name,value\n\'=1+1,\n"say ""hi""",true\n"two\nlines",-1.5\n'
