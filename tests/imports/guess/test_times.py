"""Dates in each habit are times, and where day and month could be either nobody decides it in silence."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowpilot.imports.choosing.bases import DraftRequest, begin
from flowpilot.imports.guess.columns import FileSample
from flowpilot.imports.guess.mapping import guess
from flowpilot.imports.guess.patterns import PATTERNS, fitting, order_of, swapped
from flowpilot.imports.guess.suggest import read_sample, suggest
from flowpilot.imports.guess.times import is_ambiguous, is_month_first
from flowpilot.imports.mapping.file import parse_time
from tests.imports.test_vendors import SAMPLES

MOMENT = datetime(2026, 6, 2, 16, 15, tzinfo=UTC)


def looked_at(folder: Path, *lines: str) -> FileSample:
    file = folder / "tickets.csv"
    file.write_text("\n".join(lines))
    return read_sample(file)


@pytest.mark.parametrize("pattern", [one for one in PATTERNS if order_of(one) == "%m"])
def test_what_may_begin_with_the_month_may_begin_with_the_day(pattern: str) -> None:
    assert PATTERNS.index(swapped(pattern)) < PATTERNS.index(pattern)


@pytest.mark.parametrize(
    "text",
    [
        *("2/06/2026 4:15 PM", "02/06/2026 4:15:00 PM", "6/2/2026 4:15 PM", "02.06.26 16:15", "2-6-26 16:15"),
        *("2/6/26 4:15 PM", "02/06/2026, 16:15:00", "2.6.2026, 16:15", "02/Jun/26 4:15 PM", "2 Jun 2026 16:15"),
        *("Jun 2, 2026 4:15:00 PM", "June 2, 2026 4:15 PM", "2026/06/02 16:15", "2026-06-02 16:15", "1780416900"),
        *(
            "2026-06-02 16:15:00 UTC",
            "2026-06-02 18:15:00 +0200",
            "2026-06-02T09:15:00-07:00",
            "2026-06-02 16:15 GMT",
        ),
    ],
)
def test_a_moment_is_read_in_each_habit(text: str) -> None:
    assert MOMENT in {parse_time(text, pattern, UTC) for pattern in fitting([text])}


@pytest.mark.parametrize("text", ["1.2.3", "10.0.0.1", "12:30", "4/5", "INC0012345", "20260602", "06/2026"])
def test_what_is_no_moment_is_read_in_none(text: str) -> None:
    assert fitting([text]) == ()


def test_a_cell_that_is_no_time_does_not_hide_the_others() -> None:
    """Nor one that no calendar has; and the others still say which one is the day."""
    assert fitting(["someday", "01/02/2026", "02/02/2026", "13/02/2026"]) == ("%d/%m/%Y",)
    assert fitting(["2026-06-01 09:00", "2026-06-02 09:00", "2026-06-03 09:00", "2026-02-30 09:00"]) == ("iso",)
    assert fitting(["46174.375", "46175.5", "46176", "never"]) == ("excel",)
    assert fitting(["VPN", "Printer", "2026-06-01", "2026-06-02"]) == ()


@pytest.mark.parametrize("clock", ["9:00", "9:00:00", "9:00 AM", "9:00:00 PM"])
@pytest.mark.parametrize("year", ["2026", "26"])
def test_a_day_that_could_be_a_month_is_asked_about(tmp_path: Path, year: str, clock: str) -> None:
    sample = looked_at(tmp_path, "Ticket;Opened", f"1;1/06/{year} {clock}", f"2;2/06/{year} {clock}")
    draft = guess(sample, "log", "UTC")
    assert is_ambiguous(draft, sample)
    assert not is_month_first(draft, sample)


def test_a_day_above_twelve_shows_the_order_of_the_other_columns(tmp_path: Path) -> None:
    rows = ("Ticket;Opened;Resolved", "1;1/06/2026 9:00 AM;25/06/2026 9:00 AM", "2;2/06/2026 9:00 AM;")
    sample = looked_at(tmp_path, *rows)
    draft = guess(sample, "log", "UTC")
    assert (draft["times"]["format"], is_ambiguous(draft, sample)) == ("%d/%m/%Y %I:%M %p", False)
    american = looked_at(tmp_path, *(row.replace("25/06", "06/25") for row in rows))
    draft = guess(american, "log", "UTC")
    assert (draft["times"]["format"], is_ambiguous(draft, american)) == ("%m/%d/%Y %I:%M %p", False)


def test_a_mapping_that_says_which_comes_first_is_followed_and_asked_about() -> None:
    found = suggest(SAMPLES / "autotask.csv", "log", "UTC")
    assert found.draft["times"]["format"] == "%m/%d/%Y %I:%M %p"
    assert is_month_first(found.draft, found.sample)
    assert is_ambiguous(found.draft, found.sample)
    begun = begin(SAMPLES / "connectwise.csv", DraftRequest("UTC", "connectwise"), {})
    assert begun.draft["times"]["format"] == "%m/%d/%Y %I:%M:%S %p"


def test_a_ticket_number_of_ten_digits_is_no_time(tmp_path: Path) -> None:
    sample = looked_at(tmp_path, "Ticket,Request time", "1234567890,1780416900", "1234567891,1780416900")
    draft = guess(sample, "log", "UTC")
    assert draft["case"] == {"id": "Ticket"}
    sample = looked_at(tmp_path, "Number,Opened", "1234567890,1780416900", "1234567891,1780416900")
    draft = guess(sample, "log", "UTC")
    assert (draft["case"], draft["session"]["created_at"]) == ({"id": "Number"}, "Opened")
    assert draft["times"]["format"] == "epoch_s"
