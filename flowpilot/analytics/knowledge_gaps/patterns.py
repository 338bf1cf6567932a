"""Phrases that occur in many texts. Pure: no I/O."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# A theme may be of two domains, because people choose differently.
_ANY_KIND = 3

Stems = tuple[str, ...]
Numbers = NDArray[np.int64]


class Text(NamedTuple):
    """A text: its words, and what kind of problem it is, if that is known."""

    words: Sequence[str]
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase as it was said most often, its telling words, and the numbers of the texts that say it.

    `number` is one that says it so, and `places` are those of the telling words in it.
    """

    text: str
    words: tuple[str, ...]
    texts: frozenset[int]
    number: int = field(default=0, compare=False)
    places: tuple[int, ...] = field(default=(), compare=False)


class _Telling(NamedTuple):
    """The stems of all texts one after the other, as numbers, each with its text and the place of its word."""

    stems: Numbers
    texts: Numbers
    places: Numbers
    names: Sequence[str]


def repeated_phrases(
    texts: Sequence[Text], stems: Mapping[str, Sequence[str]], least: int, most: int
) -> list[Phrase]:
    """The phrases of two or three telling words in at least `least` texts, one for each theme.

    What says more comes first: the more texts, the more words. Another phrase is another theme if most of its
    texts say none of those before it. What is said in problems of any kind is who called, or from where: no theme.

    Args:
        stems: of each word, its stems that say something; none of most words, and one of most others.
    """
    told = _telling(texts, stems)
    begins = _begins(told, least)
    numbers = {phrase: frozenset(told.texts[there].tolist()) for phrase, there in begins.items()}
    found: list[Phrase] = []
    covered: set[int] = set()
    for phrase in sorted(numbers, key=lambda stems: (-len(numbers[stems]) * len(stems), -len(stems), stems)):
        if len(found) == most:
            break
        there = numbers[phrase]
        if 2 * len(there & covered) >= len(there):
            continue
        if not _is_of_any_kind([texts[number].domain for number in there]):
            covered |= there
            found.append(_phrase(texts, told, begins[phrase], len(phrase)))
    return found


def _is_of_any_kind(domains: Sequence[str | None]) -> bool:
    """Whether the texts are of several domains, of which none has half of them."""
    known = Counter(domain for domain in domains if domain)
    return len(known) >= _ANY_KIND and 2 * max(known.values()) < len(domains)


def _begins(told: _Telling, least: int) -> dict[Stems, Numbers]:
    """Of each phrase in at least `least` texts, where its first stem is."""
    # No phrase is in more texts than each of its words, and a word said twice is no phrase.
    n_texts = _texts_of_each(told.stems, told.texts, len(told.names))
    ok = (n_texts >= least)[told.stems]
    first, second, third = told.stems[:-1], told.stems[1:], told.stems[2:]
    is_pair = ok[:-1] & ok[1:] & (first != second) & (told.texts[:-1] == told.texts[1:])
    is_triple = is_pair[:-1] & ok[2:] & (told.texts[1:-1] == told.texts[2:])
    is_triple &= (third != first[:-1]) & (third != second[:-1])
    return {
        phrase: begins
        for length, begin in ((2, is_pair), (3, is_triple))
        for phrase, begins in _repeated(told, np.flatnonzero(begin), length, least)
    }


def _telling(texts: Sequence[Text], stems: Mapping[str, Sequence[str]]) -> _Telling:
    names = list(dict.fromkeys(chain.from_iterable(stems.values())))
    number = {name: place for place, name in enumerate(names)}
    word = {word: place for place, word in enumerate(stems)}
    words = np.fromiter(map(word.__getitem__, chain.from_iterable(text.words for text in texts)), np.int64)
    n_words = np.fromiter((len(text.words) for text in texts), np.int64, len(texts))
    stem, n_stems = _listed([[number[stem] for stem in theirs] for theirs in stems.values()])
    n = n_stems[words]
    theirs = _ranges((np.cumsum(n_stems) - n_stems)[words], n)
    places = _ranges(np.zeros_like(n_words), n_words)
    return _Telling(
        stem[theirs],
        np.repeat(np.repeat(np.arange(len(texts)), n_words), n),
        np.repeat(places, n),
        names,
    )


def _listed(lists: Sequence[Sequence[int]]) -> tuple[Numbers, Numbers]:
    """The numbers of all lists one after the other, and how many each has."""
    lengths = np.fromiter(map(len, lists), np.int64, len(lists))
    return np.fromiter(chain.from_iterable(lists), np.int64, int(lengths.sum())), lengths


def _ranges(begins: Numbers, lengths: Numbers) -> Numbers:
    """The numbers of ranges that begin there, one after the other."""
    return np.repeat(begins - (np.cumsum(lengths) - lengths), lengths) + np.arange(int(lengths.sum()))


def _texts_of_each(stems: Numbers, texts: Numbers, n: int) -> Numbers:
    """In how many texts each stem is."""
    order = np.argsort(stems, kind="stable")
    stems, texts = stems[order], texts[order]
    is_first = (np.diff(stems, prepend=-1) != 0) | (np.diff(texts, prepend=-1) != 0)
    return np.bincount(stems[is_first], minlength=n)


def _repeated(told: _Telling, begins: Numbers, length: int, least: int) -> Iterator[tuple[Stems, Numbers]]:
    """The phrases of so many stems that begin there, if they are in enough texts."""
    keys = np.zeros(begins.size, np.int64)
    for k in range(length):
        keys = keys * len(told.names) + told.stems[begins + k]
    order = np.argsort(keys, kind="stable")
    keys, begins = keys[order], begins[order]
    ends = np.append(np.flatnonzero(np.diff(keys, prepend=-1)), keys.size)
    is_new_text = np.diff(told.texts[begins], prepend=-1) != 0
    is_new_text[ends[:-1]] = True
    n_texts = np.diff(np.append(0, np.cumsum(is_new_text))[ends])
    for group in np.flatnonzero(n_texts >= least):
        theirs = begins[ends[group] : ends[group + 1]]
        yield tuple(told.names[told.stems[theirs[0] + k]] for k in range(length)), theirs


def _phrase(texts: Sequence[Text], told: _Telling, begins: Numbers, length: int) -> Phrase:
    numbers = told.texts[begins].tolist()
    places = told.places[begins[:, None] + np.arange(length)].tolist()
    said = [said_at(texts[number].words, telling) for number, telling in zip(numbers, places, strict=True)]
    exactly = Counter(words for words, _ in said)
    roughly = Counter(words.casefold() for words, _ in said)

    def how_often(at: int) -> tuple[int, int, int, str, str]:
        one = said[at][0]
        return roughly[one.casefold()], -len(one), exactly[one], one.casefold(), one

    best = max(range(len(said)), key=how_often)
    return Phrase(*said[best], frozenset(numbers), numbers[best], tuple(places[best]))


def said_at(words: Sequence[str], telling: Sequence[int]) -> tuple[str, tuple[str, ...]]:
    """A phrase as it was said there, and its telling words, which have these places."""
    return " ".join(words[telling[0] : telling[-1] + 1]), tuple(words[place].lower() for place in telling)
