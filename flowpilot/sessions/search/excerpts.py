"""Where the words of a question are in a session, and a few words around them. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flowpilot.sessions.search.words import plain, plain_words
from flowpilot.text import one_line, signs_of

# As much of a text is looked through, and as much is shown: before the first word, and in all.
LOOKED_THROUGH, BEFORE, SHOWN = 20_000, 40, 160
_MOST_EXCERPTS, _MOST_HITS = 3, 200


class Place(StrEnum):
    """What of a session has the words. A note is whatever somebody wrote in a step, except its resolution."""

    TITLE = "title"
    BODY = "body"
    RESOLUTION = "resolution"
    NOTE = "note"
    TICKET = "ticket"
    CLIENT = "client"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text; `found` if it is a word that was looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text of a session that has words that were looked for, or the part of it that has most of them."""

    place: Place
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    word: str


def excerpts(words: Sequence[str], texts: Iterable[tuple[Place, str]]) -> list[Excerpt]:
    """As few texts as have all the words, those with most of them first. A title is whole.

    Args:
        words: what was looked for, as `words_in` has it; each may be the beginning of a word.
        texts: all that the session says, the more telling first.
    """
    told = [(place, text) for place, text in ((place, one_line(text[:LOOKED_THROUGH])) for place, text in texts)]
    having = [(place, text, words_had(words, text)) for place, text in told]
    left, found = set(words), list[Excerpt]()
    while left and having and len(found) < _MOST_EXCERPTS:
        place, text, had = max(having, key=lambda one: len(one[2] & left))
        if not had & left:
            break
        left -= had
        found.append(Excerpt(place, tuple(_parts(words, text, whole=place is Place.TITLE))))
    return found


def words_had(words: Sequence[str], text: str) -> set[str]:
    """Which of the words that were looked for a text has."""
    said = {word for _, _, word in plain_words(plain(text))}
    return {word for word in words if any(one.startswith(word) for one in said)}


def _parts(words: Sequence[str], text: str, *, whole: bool) -> Iterator[Part]:
    hits = list(_hits(words, text))
    start, end = (0, len(text)) if whole or len(text) <= SHOWN else _window(text, hits)
    at = start
    yield from [Part("…", False)] if start else []
    for hit in hits:
        if start <= hit.start and hit.end <= end:
            yield from [Part(text[at : hit.start], False)] if at < hit.start else []
            yield Part(text[hit.start : hit.end], True)
            at = hit.end
    yield from [Part(text[at:end], False)] if at < end else []
    yield from [Part("…", False)] if end < len(text) else []


def _hits(words: Sequence[str], text: str) -> Iterator[_Hit]:
    """Where the words are in the text as it was written, whose plain form may be longer or shorter."""
    signs = list(signs_of(text))
    folded = [plain(text[start:end]) for start, end in signs]
    whose = [number for number, letters in enumerate(folded) for _ in letters]
    for start, end, said in plain_words("".join(folded)):
        if word := next((one for one in words if said.startswith(one)), None):
            yield _Hit(signs[whose[start]][0], signs[whose[end - 1]][1], word)


def _window(text: str, hits: Sequence[_Hit]) -> tuple[int, int]:
    """The part of the text that has most of the words, from a little before the first; it cuts no word."""
    few = hits[:_MOST_HITS]
    first = max(few, key=lambda one: len({hit.word for hit in few if 0 <= hit.start - one.start < SHOWN - BEFORE}))
    start, end = max(0, first.start - BEFORE), min(len(text), max(first.end, first.start - BEFORE + SHOWN))
    if start:
        blank = text.find(" ", start, first.start)
        start = blank + 1 if blank >= 0 else first.start
    if end < len(text):
        blank = text.rfind(" ", first.end, end)
        end = blank if blank >= 0 else end
    return start, end
