"""Times as systems of many countries write them are recognised, and read with the pattern that was found."""

from datetime import UTC, datetime

import pytest

from flowpilot.imports.guess.patterns import fitting
from flowpilot.imports.mapping.file import parse_time
from flowpilot.imports.mapping.plain import plainly

_MORNING, _EVENING = datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 3, 2, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2/3/26, 8:00\u202fAM", _MORNING),
        ("2026-03-02 08:00 PM", _EVENING),
        ("2/3/2026 8:00AM", _MORNING),
        ("2/3/2026 8:00 p.m.", _EVENING),
        ("Mon, Mar 2, 2026 8:00 AM", _MORNING),
        ("Mon, 02 Mar 2026 09:00:00 +0100", _MORNING),
        ("Mon, 02 Mar 2026 03:00:00 -0500", _MORNING),
        ("Mon, 02 Mar 2026 08:00:00 GMT", _MORNING),
        ("02.03.2026 08.00", _MORNING),
        ("02.03.2026 08:00 Uhr", _MORNING),
        ("Mar  2 2026  8:00AM", _MORNING),
        ("March 2, 2026 at 8:00 AM", _MORNING),
        ("02/Mär/26 8:00 PM", _EVENING),
        ("Mo., 2. März 2026 um 8:00 Uhr", _MORNING),
        ("lun. 2 mars 2026 à 08:00", _MORNING),
        ("02-mar-2026 08:00", _MORNING),
        ("1772438400000000", _MORNING),
    ],
)
def test_a_time_is_recognised_and_read(text: str, moment: datetime) -> None:
    patterns = fitting([text])
    assert patterns
    assert parse_time(text, patterns[0], UTC) == moment


@pytest.mark.parametrize(
    "beginning", ["janv.", "Februar", "März", "avril", "mayo", "Juni", "juil.", "août", "set."]
)
def test_months_of_other_languages_are_english_ones(beginning: str) -> None:
    months = dict(
        zip(
            ["janv.", "Februar", "März", "avril", "mayo", "Juni", "juil.", "août", "set."],
            range(1, 10),
            strict=True,
        )
    )
    found = parse_time(f"2 {beginning} 2026", "%d %b %Y", UTC)
    assert found == datetime(2026, months[beginning], 2, tzinfo=UTC)


def test_a_pattern_of_somebodys_own_reads_what_is_written() -> None:
    assert parse_time("02Mar2026 8:00PM", "%d%b%Y %I:%M%p", UTC) == _EVENING


@pytest.mark.parametrize("words", ["ADA-12", "INC001", "3 - Moderate", "Jan Novak", "v1.2.3", "Level 2"])
def test_other_words_are_no_times(words: str) -> None:
    assert fitting([words]) == ()


def test_a_month_that_begins_is_no_day_of_the_week() -> None:
    assert plainly("May 1, 2026") == "May 1, 2026"
