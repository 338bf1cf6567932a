"""How figures are worded in pages."""

import pytest

from flowpilot.web.formatting import agreeing, counted, plain


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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("requesting_escalation", "Requesting escalation"),
        ("api_key: created", "API key: created"),
        ("email: paused", "E-mail: paused"),
        ("ai_enhanced", "AI-enhanced"),
        ("parked", "Set aside"),
        ("psa_connection: paused", "Ticket system: paused"),
    ],
)
def test_a_name_of_the_code_is_spelled_as_people_do(name: str, said: str) -> None:
    assert plain(name) == said


def test_a_count_is_said_with_its_noun() -> None:
    assert (counted(1, "claimed handoffs"), counted(1200, "days")) == ("1 claimed handoff", "1\u202f200 days")
