"""How figures are worded in pages."""

import pytest

from flowpilot.web.formatting import agreeing


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
