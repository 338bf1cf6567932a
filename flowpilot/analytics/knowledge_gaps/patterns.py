"""Phrases that occur in many texts. Pure: no I/O."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# A theme may be of two domains, because people choose differently.
_ANY_KIND = 3

Stems = tuple[str, ...]


class StemmedText(NamedTuple):
    """A text: its words, and those of them that say something as stems, with their places, from 1.

    `domain`: what kind of problem it is, if that is known.
    """

    words: Sequence[str]
    stems: Sequence[str]
    places: Sequence[int]
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it was said most often, its telling words, and the numbers of the texts that say it."""

    text: str
    words: tuple[str, ...]
    texts: frozenset[int]


# Where a phrase stands: the number of the text, and there the first and the last of its stems.
Place = tuple[int, int, int]


def repeated_phrases(texts: Sequence[StemmedText], least: int, most: int) -> list[Phrase]:
    """The phrases of two or three telling words in at least `least` texts, one for each theme.

    What says more comes first: the more texts, the more words. Another phrase is another theme if most of its
    texts say none of those before it. What is said in problems of any kind is who called, or from where: no theme.
    """
    places = _places(texts, least)
    found: list[Phrase] = []
    covered: set[int] = set()
    numbers = {stems: frozenset(number for number, *_ in there) for stems, there in places.items()}
    for stems in sorted(numbers, key=lambda stems: (-len(numbers[stems]) * len(stems), -len(stems), stems)):
        if len(found) == most:
            break
        there = numbers[stems]
        if len(there) < least or 2 * len(there & covered) >= len(there):
            continue
        if not _is_of_any_kind([texts[number].domain for number in there]):
            covered |= there
            found.append(_phrase(texts, places[stems], there))
    return found


def _is_of_any_kind(domains: Sequence[str | None]) -> bool:
    """Whether the texts are of several domains, of which none has half of them."""
    known = Counter(domain for domain in domains if domain)
    return len(known) >= _ANY_KIND and 2 * max(known.values()) < len(domains)


def _places(texts: Sequence[StemmedText], least: int) -> dict[Stems, list[Place]]:
    frequent = {
        stem for stem, n in Counter(stem for text in texts for stem in set(text.stems)).items() if n >= least
    }
    places: dict[Stems, list[Place]] = defaultdict(list)
    for number, text in enumerate(texts):
        # No phrase is in more texts than each of its words, and a word said twice is no phrase.
        stems = [stem if stem in frequent else None for stem in text.stems]
        for first, (one, two, three) in enumerate(zip(stems, stems[1:], [*stems[2:], None], strict=False)):
            if one is None or two is None or one == two:
                continue
            places[one, two].append((number, first, first + 1))
            if three is not None and three not in (one, two):
                places[one, two, three].append((number, first, first + 2))
    return places


def _phrase(texts: Sequence[StemmedText], places: Sequence[Place], numbers: frozenset[int]) -> Phrase:
    said = [_said(texts[number], first, last) for number, first, last in places]
    exactly = Counter(words for words, _ in said)
    roughly = Counter(words.casefold() for words, _ in said)
    text, telling = max(
        said,
        key=lambda one: (
            roughly[one[0].casefold()],
            -len(one[0]),
            exactly[one[0]],
            one[0].casefold(),
            one[0],
        ),
    )
    return Phrase(text, telling, numbers)


def _said(text: StemmedText, first: int, last: int) -> tuple[str, tuple[str, ...]]:
    """A phrase as it was said there, and its telling words."""
    within = text.places[first : last + 1]
    return " ".join(text.words[within[0] - 1 : within[-1]]), tuple(
        text.words[place - 1].lower() for place in within
    )
