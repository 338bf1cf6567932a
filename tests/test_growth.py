"""The cost of a text grows with its length and never with its square, no matter what is in it."""

import time
from collections.abc import Callable

import pytest

from flowpilot.copilot.checks import mentions
from flowpilot.copilot.redact import redact
from flowpilot.flows.matching.problem import read_words
from flowpilot.sessions.notes.sections import Section, as_markdown
from flowpilot.text import tidy

# What a search that begins again and again, or goes back step by step, takes longest for: a start, and a piece
# that comes again until the text is long.
TEXTS = (
    ("a://", ":"), ("a://", "a:"), ("a://", "a"), ("", " "), ("", "a"), ("", "1"), ("", "é1"), ("", "a."),
    ("", "a-"), ("", "x@"), ("x@", "a"), ("", "user:"), ("user:", "a "), ("login ", " "), ("", "pin:“ "),
    ("", "pin: "), ("", "pin is "), ("pin is", " "), ("", "pin\n"), ("", "basic "), ("", "authorization:"),
    ("", "eyJ-"), ("", "sk-"), ("", "-----BEGIN "), ("-----BEGIN ", "KEY"), ("", "-----END "), ("", "+1 "),
    ("", "f:"), ("::", "."), ("", "&a"), ("&", "a"), ("hello ", "a "), ("", "hi team "),
)  # fmt: skip

READERS: dict[str, Callable[[str], object]] = {
    "redact": redact,
    "tidy": lambda text: tidy(text, 300),
    "note": lambda text: as_markdown([Section("Problem", [text])]),
    "matching": read_words,
    "checks": lambda text: mentions(text, ["printer", "outlook"]),
}

SHORT, TIMES = 2_000, 8
# A square would take 64 times as long.
MOST = 2 * TIMES


def _seconds(read: Callable[[str], object], text: str) -> float:
    """The time of this process alone, so that others on the machine do not count."""
    began = time.process_time()
    read(text)
    return time.process_time() - began


def _growth(read: Callable[[str], object], start: str, piece: str) -> float:
    short, long = (f"{start}{piece * (length // len(piece))}\x00" for length in (SHORT, TIMES * SHORT))
    # Shorter times are not measured well enough to divide by.
    return _seconds(read, long) / max(_seconds(read, short), 0.000_2)


@pytest.mark.parametrize("name", READERS)
def test_eight_times_the_text_takes_no_more_than_that(name: str) -> None:
    for start, piece in TEXTS:
        # A single measurement can have been disturbed; the least of several cannot.
        assert any(_growth(READERS[name], start, piece) < MOST for _ in range(5)), (start, piece)
