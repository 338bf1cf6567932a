"""Text as we store it: on one line, and no longer than a limit."""

import unicodedata
from typing import Any

# The longest name of anything, and the longest reason that another system gives.
MAX_NAME = 200
MAX_REASON = 2_000


def tidy(text: str, limit: int) -> str:
    """The text on one line, cut at a word if it is too long, and without control characters."""
    printable = (" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    line = " ".join("".join(printable).split())
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
