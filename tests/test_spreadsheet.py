"""What a spreadsheet would run is text."""

import pytest

from flowpilot.spreadsheet import safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\nx", " =1", "＝1"])  # noqa: RUF001
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["", "plain", "a=b", "'=1", -1, 2.5, None, True])
def test_everything_else_stays(value: object) -> None:
    assert safe_cell(value) is value
