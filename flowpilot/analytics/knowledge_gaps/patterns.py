"""Phrases that occur in many texts. Pure: no I/O."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LENGTHS = (3, 2)

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A text: its words, and those of them that say something as stems, with their places, from 1."""

    words: Sequence[str]
    stems: Sequence[str]
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it was said most often, its telling words, and the numbers of the texts that say it."""

    text: str
    words: tuple[str, ...]
    texts: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a text a phrase stands."""

    number: int
    said: str
    words: tuple[str, ...]


def repeated_phrases(texts: Sequence[Said], least: int, most: int) -> list[Phrase]:
    """The phrases of two or three telling words in at least `least` texts, one for each theme.

    What says more comes first: the more texts, the more words. Another phrase is another theme if most of its
    texts say none of those before it.
    """
    places = _places(texts, least)
    found: list[Phrase] = []
    told: set[int] = set()
    numbers = {stems: frozenset(place.number for place in there) for stems, there in places.items()}
    for stems in sorted(numbers, key=lambda stems: (-len(numbers[stems]) * len(stems), -len(stems), stems)):
        if len(found) == most:
            break
        if len(numbers[stems]) >= least and 2 * len(numbers[stems] & told) < len(numbers[stems]):
            told |= numbers[stems]
            found.append(_phrase(places[stems], numbers[stems]))
    return found


def _places(texts: Sequence[Said], least: int) -> dict[Stems, list[_Place]]:
    frequent = {
        stem for stem, n in Counter(stem for text in texts for stem in set(text.stems)).items() if n >= least
    }
    places: dict[Stems, list[_Place]] = defaultdict(list)
    for number, text in enumerate(texts):
        for stems, first, last in _runs(text):
            # No phrase is in more texts than each of its words, and a word said twice is no phrase.
            if frequent.issuperset(stems) and len(set(stems)) == len(stems):
                within = text.places[first : last + 1]
                said = " ".join(text.words[within[0] - 1 : within[-1]])
                words = tuple(text.words[place - 1].lower() for place in within)
                places[stems].append(_Place(number, said, words))
    return places


def _runs(text: Said) -> Iterator[tuple[Stems, int, int]]:
    for length in _LENGTHS:
        for first in range(len(text.stems) - length + 1):
            yield tuple(text.stems[first : first + length]), first, first + length - 1


def _phrase(places: Sequence[_Place], numbers: frozenset[int]) -> Phrase:
    exactly = Counter(place.said for place in places)
    roughly = Counter(place.said.casefold() for place in places)
    best = max(
        places,
        key=lambda place: (
            roughly[place.said.casefold()],
            -len(place.said),
            exactly[place.said],
            place.said.casefold(),
            place.said,
        ),
    )
    return Phrase(best.said, best.words, numbers)
