"""The words by which sessions are found: without accents, and the same in upper and lower case. Pure."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from flowpilot.sessions.edits.words import written
from flowpilot.sessions.models import AISession, AISessionStep
from flowpilot.sessions.path import standing
from flowpilot.text import folded

# PostgreSQL keeps a megabyte of words of a text. A word of 32 letters may have 128 bytes.
MAX_WORDS, MAX_LETTERS = 8_000, 32
# Texts of so many letters are often repeated.
_SHORT = 80

# Letters that are not composed of another one and a mark.
_WHOLE = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th"})
# Each sign of Chinese and Japanese is looked for by itself, because nothing separates their words.
_SINGLE = "\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_SINGLE}]|[^\\W_{_SINGLE}]+")


def plain(text: str) -> str:
    """The text as it is compared: `Straße` is `strasse`, `Müller` is `muller`."""
    same = folded(text)
    if same.isascii():
        return same
    return "".join(one for one in same.translate(_WHOLE) if not unicodedata.combining(one))


def words_in(*texts: str) -> list[str]:
    """The different words of the texts, in their order. `SRV-01` are two."""
    found: dict[str, None] = {}
    for text in texts:
        found |= _words_of(text) if len(text) > _SHORT else _known_words(text)
    return list(found)


def _words_of(text: str) -> Mapping[str, None]:
    return dict.fromkeys(word for _, _, word in plain_words(plain(text)))


# The names in a log are in thousands of its steps.
_known_words = lru_cache(maxsize=4_096)(_words_of)


def plain_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each word of a plain text begins and ends, and as much of it as is stored."""
    return ((one.start(), one.end(), one[0][:MAX_LETTERS]) for one in _WORD.finditer(text))


def stored(texts: Iterable[str], ids: Iterable[uuid.UUID | str | None]) -> str:
    """What is stored of a session: the words of its texts, and the ids of its client and its people.

    They have names that may change. No word has dashes, so none is taken for an id.
    """
    about = sorted({str(one) for one in ids if one is not None})
    return " ".join([*about, *words_in(*texts)][:MAX_WORDS])


def words_of(session: AISession, steps: Sequence[AISessionStep]) -> str:
    """What is stored of a session: what people wrote in it, as it reads now, and what and whom it is about."""
    said = [text for step in standing(steps) for text in written(step).values()]
    about = (session.problem_summary, session.problem_body, session.psa_ticket_id)
    return stored(
        [*filter(None, about), *said], [session.client_id, session.user_id, *(step.actor_id for step in steps)]
    )
