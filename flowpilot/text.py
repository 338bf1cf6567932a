"""Text as we store it, on one line and no longer than a limit, and as it is compared."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

# The longest name of anything, and the longest reason that another system gives.
MAX_NAME = 200
MAX_REASON = 2_000

# What is written where words were removed for good.
REMOVED = "[removed]"

# Letters that are there to be seen as nothing: fillers of Hangul, and the blank of Braille.
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
# Quotation marks and dashes as Word and Outlook write them, by those of keyboards.
_TYPED = {ord(one): "'" for one in "\u2018\u2019\u201a\u201b"} | {
    ord(one): '"' for one in "\u201c\u201d\u201e\u201f"
}
_TYPED |= {ord(one): "-" for one in "\u2010\u2011\u2012\u2013\u2014"}
# What turns the direction of writing, and so can make a name look like another one.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
# What has no width: formats, variation selectors, joiners, and control characters that are no spaces.
_WIDTHLESS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff]"
)


def is_visible(text: str) -> bool:
    """Whether there is anything in the text that a person can see."""
    return any(_is_seen(letter) for letter in _WIDTHLESS.sub("", text))


def _is_seen(letter: str) -> bool:
    # A mark that combines with nothing is not a word either.
    return unicodedata.category(letter)[0] not in "CZM" and letter not in _BLANKS


def with_plain_breaks(text: str) -> str:
    """The text with one sign for each line break. What a browser sends depends on the form; scripts send LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_turns(text: str) -> str:
    """The text without what turns the direction of writing."""
    return _TURNS.sub("", text)


def without_widthless(text: str) -> str:
    """The text without signs that have no width, and without control characters that are no spaces."""
    return _WIDTHLESS.sub("", text)


def folded(text: str) -> str:
    """The text as texts are compared: the same for all forms of the same letters, without what nobody sees."""
    if text.isascii():
        return _WIDTHLESS.sub("", text).lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    # The small letter of the dotted capital I has a dot of its own, which is the letter i to everybody.
    same = unicodedata.normalize("NFKD", decomposed).replace("i\u0307", "i").translate(_TYPED)
    return _WIDTHLESS.sub("", same)


def signs_of(text: str) -> Iterator[tuple[int, int]]:
    """Where each sign of the text begins and ends: a letter, with the marks that combine with it."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not unicodedata.combining(text[at]):
            yield start, at
            start = at


def one_line(text: str) -> str:
    """The text on one line, without control characters and turns of direction."""
    return " ".join(_CONTROLS.sub(" ", without_turns(text)).split())


def tidy(text: str, limit: int) -> str:
    """The text on one line, cut at a word if it is too long, without control characters and turns of direction."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    cut, whole_words = line[: limit - 1], line[:limit].rpartition(" ")[0]
    # A word longer than half of the line, such as a path, is cut rather than dropped.
    return f"{(whole_words if len(whole_words) > limit // 2 else cut).rstrip(' ,;:')}…"


def kept(text: str, limit: int) -> str:
    """What can be stored of another system's text: without NUL and halves of characters, cut at a limit.

    Raises:
        TypeError: it is not text.
    """
    if not isinstance(text, str):
        raise TypeError("not a text")
    # Encoding leaves out lone surrogates.
    clean = text[: limit * 2].replace("\x00", "").encode(errors="ignore").decode()
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def sentence(text: str) -> str:
    """The text, ended as a sentence."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def tidied(limit: int) -> Any:
    """`tidy` as a validator. A value that is not text passes through, for its type to refuse."""
    return lambda value: tidy(value, limit) if isinstance(value, str) else value
