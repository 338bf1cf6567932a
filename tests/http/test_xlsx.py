"""A spreadsheet has true numbers and dates, and text stays text."""

import io
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from flowpilot.http.xlsx import spreadsheet


def _read_back(*values: Any) -> list[Any]:
    file = io.BytesIO()
    with spreadsheet(file, ZoneInfo("Europe/Berlin")) as book:
        sheet = book.sheet("Rows")
        sheet.header([str(place) for place, _ in enumerate(values)])
        sheet.rows([values])
    file.seek(0)
    header, row = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    assert header == [str(place) for place, _ in enumerate(values)]
    return row


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "{=1}", "https://example.com", "007", "1e5", "\t=1"])
def test_text_is_never_a_formula_a_link_or_a_number(text: str) -> None:
    assert _read_back(text) == [text]


def test_values_are_true_ones() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    values = (1, -2.5, True, date(2026, 1, 31), moment, None, "ä")
    local = datetime(2026, 7, 2, 0, 30)  # noqa: DTZ001 - A spreadsheet's times have no zone.
    assert _read_back(*values) == [1, -2.5, True, date(2026, 1, 31), local, "", "ä"]


def test_what_a_cell_cannot_hold_is_text_and_long_text_is_cut() -> None:
    ancient = datetime(1, 1, 2, tzinfo=UTC)
    number, moment, text = _read_back(12345678901234567, ancient, "x" * 40_000)
    assert (number, moment) == ("12345678901234567", str(ancient))
    assert (len(text), text[-1]) == (32_767, "…")
