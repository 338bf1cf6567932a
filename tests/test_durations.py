"""Durations in words, each form at its edges."""

from datetime import timedelta

import pytest

from flowpilot.durations import in_full, in_short, of_work


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (44.6, "45 s"),
        (59.5, "1 min"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (7_500, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (273_600, "3 d 4 h"),
        (-90, "−1 min 30 s"),
    ],
)
def test_in_short(seconds: float, words: str) -> None:
    assert in_short(seconds) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0.9, "less than a minute"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (61, "1 hour 1 minute"),
        (2 * 1440 + 180, "2 days 3 hours"),
    ],
)
def test_in_full(minutes: float, words: str) -> None:
    assert in_full(timedelta(minutes=minutes)) == words


@pytest.mark.parametrize(
    ("spent", "words"),
    [
        (timedelta(), "0 min"),
        (timedelta(microseconds=1), "1 min"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=61), "2 min"),
        (timedelta(minutes=59, seconds=1), "1 h"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(hours=25), "25 h"),
    ],
)
def test_of_work(spent: timedelta, words: str) -> None:
    assert of_work(spent) == words
