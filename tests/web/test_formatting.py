"""How figures are worded in pages."""

import pytest

from flowpilot.web.formatting import agreeing, counted


@pytest.mark.parametrize(
    ("n", "words", "said"),
    [
        (1, "sessions without a domain", "session without a domain"),
        (0, "sessions", "sessions"),
        (2, "time entries", "time entries"),
        (1, "time entries", "time entry"),
        (1, "resolved", "resolved"),
    ],
)
def test_a_noun_agrees_with_its_count(n: int, words: str, said: str) -> None:
    assert agreeing(words, n) == said


def test_a_count_is_said_with_its_noun() -> None:
    assert (counted(1, "claimed handoffs"), counted(1200, "days")) == ("1 claimed handoff", "1\u202f200 days")
