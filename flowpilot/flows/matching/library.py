"""An account's published flows as they are searched: in memory, because a match looks at all of their words."""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import fsum, log

import numpy as np
from numpy.typing import NDArray

from flowpilot.flows.matching.meaning import Vectors, likenesses
from flowpilot.flows.matching.spelling import Spelling

# A small library counts as one of so many flows: a word that two of three flows have is still worth something.
_LEAST_FLOWS = 20
# What a common word is worth. It completes a keyword, and says nothing by itself.
_COMMON_WORTH = 0.15

_LEAST_SIMILAR = 0.43
_LEAST_OF_COMPOUND = 5
_SWAPPED = 0.8
# A keyword that is less like the text was not meant.
_LEAST_MEANT = 0.5
_PART = 0.7


@dataclass(frozen=True, slots=True)
class FlowWords:
    """What a published version is found by, as stems.

    Attributes:
        prominence: each word's, from 1 in the name or a keyword to 0.1 in a help text.
        lines: the words of the name, and of each keyword.
        texts: the name and the keywords, if there are vectors.
        vectors: what these mean, the description (the name, if there is none), and the steps together.
    """

    flow_id: uuid.UUID
    version_id: uuid.UUID
    prominence: Mapping[str, float]
    lines: Sequence[frozenset[str]]
    texts: Sequence[str] = ()
    vectors: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """The flows that have a word, by their places in the library, and how prominently."""

    flows: NDArray[np.intp]
    prominence: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likenesses:
    """How alike a text and each flow are in meaning, up to 1, and the name or keyword that was meant, if any was.

    Attributes:
        named: the mean of the best two lines among its name, keywords and description.
        described: its description.
        steps: all of its steps together.
    """

    named: NDArray[np.float64]
    described: NDArray[np.float64]
    steps: NDArray[np.float64]
    meant: Sequence[str | None]


class Library:
    """The flows, and where each word is."""

    def __init__(self, flows: Sequence[FlowWords], common: frozenset[str]) -> None:
        self.flows = flows
        self.common = common
        self.postings = _postings(flow.prominence.items() for flow in flows)
        self._size = max(len(flows), _LEAST_FLOWS)
        lines = [(place, line) for place, flow in enumerate(flows) for line in flow.lines]
        self.line_flows = np.array([place for place, _ in lines], dtype=np.intp)
        self.line_worths = np.array([fsum(map(self.worth, line)) for _, line in lines])
        self.lines_of = {
            word: posting.flows
            for word, posting in _postings(dict.fromkeys(line, 1.0).items() for _, line in lines).items()
        }

    @property
    def has_meaning(self) -> bool:
        """Whether all flows can be compared by their meaning. If one could not, it would never be first."""
        return bool(self.flows) and all(flow.vectors is not None for flow in self.flows)

    def likenesses(self, text: Vectors) -> Likenesses:
        """How alike a text and each flow are in meaning."""
        lines, flows, descriptions, steps = self._meaning
        named, best, nearest = likenesses(lines, flows, text)
        meant = [
            self._texts[line] if near >= _LEAST_MEANT else None for line, near in zip(best, nearest, strict=True)
        ]
        # Without threads of its own, as in `likenesses`.
        described, done = (np.einsum("fd,d->f", each, text).astype(np.float64) for each in (descriptions, steps))
        return Likenesses(named, described, done, meant)

    @cached_property
    def spelling(self) -> Spelling:
        """The words that a misspelt one may be."""
        return Spelling(word for flow in self.flows for text in flow.texts for word in text.split())

    @cached_property
    def _meaning(self) -> tuple[Vectors, NDArray[np.intp], Vectors, Vectors]:
        kept = [flow.vectors for flow in self.flows if flow.vectors is not None]
        flows = np.repeat(np.arange(len(kept)), [len(vectors) - 1 for vectors in kept])
        lines = np.concatenate([vectors[:-1] for vectors in kept])
        return (
            lines,
            flows,
            np.array([vectors[-2] for vectors in kept]),
            np.array([vectors[-1] for vectors in kept]),
        )

    @cached_property
    def _texts(self) -> list[str]:
        """The text of each line. A description is long, so the name speaks for it."""
        return [
            flow.texts[line] if line < len(flow.texts) else flow.texts[0]
            for flow in self.flows
            if flow.vectors is not None
            for line in range(len(flow.vectors) - 1)
        ]

    def knows(self, stems: Iterable[str]) -> bool:
        """Whether a flow has one of the stems, or it is a common word."""
        return any(stem in self.postings or stem in self.common for stem in stems)

    def worth(self, word: str) -> float:
        """What a word is worth, up to 1: the more, the fewer flows have it."""
        posting = self.postings.get(word)
        flows = 0.0 if posting is None else float(np.minimum(posting.prominence, 1).sum())
        rare = log((self._size + 1) / (flows + 0.5)) / log((self._size + 1) / 0.5)
        return rare * (_COMMON_WORTH if word in self.common else 1)

    def mistaken_for(self, word: str) -> dict[str, float]:
        """The words of names and keywords that an unknown word is a misspelling of, or that it is made of."""
        found = self._like(word)
        for length in range(_LEAST_OF_COMPOUND, len(word) - 1):
            for part in (word[:length], word[-length:]):
                if part in self.lines_of:
                    found[part] = max(found.get(part, 0), _PART)
        for other in self._by_letters.get("".join(sorted(word)), ()):
            if other[0] == word[0] and len(word) >= _LEAST_OF_COMPOUND:
                found[other] = max(found.get(other, 0), _SWAPPED)
        return found

    def _like(self, word: str) -> dict[str, float]:
        """The words whose trigrams are like the word's, as PostgreSQL's pg_trgm counts them."""
        trigrams = _trigrams(word)
        shared: dict[str, int] = defaultdict(int)
        for trigram in trigrams:
            for other in self._by_trigram.get(trigram, ()):
                shared[other] += 1
        likeness = {
            other: count / (len(trigrams) + len(_trigrams(other)) - count)
            for other, count in shared.items()
            if 3 * count >= len(trigrams) and abs(len(other) - len(word)) <= 2
        }
        return {
            other: alike
            for other, alike in likeness.items()
            if alike >= _LEAST_SIMILAR and not word.startswith(other) and not other.startswith(word)
        }

    @cached_property
    def _by_trigram(self) -> dict[str, list[str]]:
        return _grouped(self.lines_of, _trigrams)

    @cached_property
    def _by_letters(self) -> dict[str, list[str]]:
        return _grouped(self.lines_of, lambda word: {"".join(sorted(word))})


def _postings(items: Iterable[Iterable[tuple[str, float]]]) -> dict[str, Posting]:
    places: dict[str, list[int]] = defaultdict(list)
    prominence: dict[str, list[float]] = defaultdict(list)
    for place, words in enumerate(items):
        for word, prominent in words:
            places[word].append(place)
            prominence[word].append(prominent)
    return {word: Posting(np.array(places[word], dtype=np.intp), np.array(prominence[word])) for word in places}


def _grouped(words: Iterable[str], keys: Callable[[str], set[str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for key in keys(word):
            groups[key].append(word)
    return groups


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
