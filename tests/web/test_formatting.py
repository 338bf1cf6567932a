"""How figures are worded in pages."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import flowpilot.web
from flowpilot.copilot.asking import asks
from flowpilot.web.formatting import agreeing, billed, clock, counted, parted, plain, until
from tests.company import at

TEMPLATES = Path(flowpilot.web.__file__).parent / "templates"


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


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(minutes=12, seconds=59), "12\u00a0min"),
        (timedelta(hours=1, minutes=5), "1\u00a0h\u00a05\u00a0min"),
        (timedelta(seconds=59), "59\u00a0s"),
        (timedelta(seconds=-5), "0\u00a0s"),
    ],
)
def test_what_is_left_is_in_whole_minutes_until_the_last_one(left: timedelta, said: str) -> None:
    now = at("2026-06-15 12:00")
    assert f">{said}</time>" in until(now + left, now)


def test_a_time_of_today_has_no_date() -> None:
    now = at("2026-06-15 20:00")
    assert clock(now + timedelta(hours=1), now, "Europe/Vienna").endswith(">23:00</time>")
    assert clock(now + timedelta(hours=3), now, "Europe/Vienna").endswith(">16 Jun 2026, 01:00</time>")


@pytest.mark.parametrize(
    ("action", "is_question"),
    [
        ("Ask for the exact error text.", True),
        ("Check the account: is it locked?", True),
        ("Ask whether others print on it.", True),
        ("Ask the user to restart the computer.", False),
        ("Restart it.", False),
    ],
)
def test_a_suggestion_may_be_a_question(action: str, is_question: bool) -> None:
    assert asks(action) is is_question


@pytest.mark.parametrize(
    ("text", "beginning", "rest"),
    [
        ("Short.", "Short.", ""),
        ("One\r\ntwo\nthree", "One\ntwo\nthree", ""),
        ("One\ntwo\nthree\nfour", "One\ntwo", "three\nfour"),
        ("word " * 40, ("word " * 32).strip(), ("word " * 8).strip()),
        ("x" * 200, "x" * 160, "x" * 40),
        ("", "", ""),
    ],
)
def test_a_long_text_is_parted_at_a_word_after_two_lines_at_most(text: str, beginning: str, rest: str) -> None:
    assert parted(text) == (beginning, rest)


def test_time_is_said_as_it_is_booked() -> None:
    assert [billed(seconds) for seconds in (0, 124, 3_600)] == ["0\u00a0min", "3\u00a0min", "1\u00a0h"]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_what_a_template_counts_is_said_of_one(path: Path) -> None:
    for words in re.findall(r"(?:counted|agreeing)\([\"']([^\"']+)", path.read_text()):
        assert agreeing(words, 1) != words, f"_ONE does not know what one of “{words}” is."
