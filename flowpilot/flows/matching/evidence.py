"""The evidence for each flow in the words of a problem, pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flowpilot.flows.matching.library import Library

# What another word for the same thing counts.
_SYNONYM = 0.7
_LEAST_MISTAKABLE = 4


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of the problem: as it was said, and the stems that it may stand for, each with how sure that is."""

    said: str
    stems: Mapping[str, float]
    is_mistakable: bool


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """What the words say of every flow of a library, in its order.

    Attributes:
        strength: the total weight of the words. One that few flows have, said as part of a whole keyword, weighs
            up to 2; a word somewhere in many trees weighs almost nothing. 0 if only common words are shared.
    """

    strength: NDArray[np.float64]
    _counts: NDArray[np.float64]
    _heard: Sequence[Heard]

    def words(self, flow: int) -> list[str]:
        """The words that speak for a flow, the weightiest first."""
        counts = self._counts[:, flow]
        order = sorted(np.flatnonzero(counts).tolist(), key=lambda place: (-counts[place], place))
        return [self._heard[place].said for place in order]


def find_evidence(library: Library, heard: Sequence[Heard], synonyms: Mapping[str, set[str]]) -> WordEvidence:
    """What the words of a problem say of every flow of the library."""
    readings = [_readings(library, word, synonyms) for word in heard]
    said: dict[str, float] = {}
    for reading in readings:
        for stem, sure in reading.items():
            said[stem] = max(sure, said.get(stem, 0))
    shares = _line_shares(library, said)
    weights = {stem: _weights(library, stem, shares) for stem in said}
    counts = np.zeros((len(heard), len(library.flows)))
    telling = np.zeros(len(heard), dtype=bool)
    for place, reading in enumerate(readings):
        for stem, sure in reading.items():
            if stem in library.postings:
                flows = library.postings[stem].flows
                counts[place, flows] = np.maximum(counts[place, flows], sure * weights[stem])
                telling[place] |= stem not in library.common
    speaks = counts[telling].any(axis=0)
    strength = np.where(speaks, counts.sum(axis=0), 0.0)
    return WordEvidence(strength, counts * telling[:, None], heard)


def _readings(library: Library, word: Heard, synonyms: Mapping[str, set[str]]) -> dict[str, float]:
    """What a word may stand for: its stems; if no flow has any, what it is a misspelling of; their synonyms."""
    readings = dict(word.stems)
    if word.is_mistakable and not any(stem in library.postings or stem in synonyms for stem in readings):
        for stem, sure in word.stems.items():
            if len(stem) >= _LEAST_MISTAKABLE and stem.isalpha() and stem not in library.common:
                readings |= {other: sure * alike for other, alike in library.mistaken_for(stem).items()}
    for stem, sure in list(readings.items()):
        for other in synonyms.get(stem, ()):
            readings[other] = max(sure * _SYNONYM, readings.get(other, 0))
    return readings


def _line_shares(library: Library, said: Mapping[str, float]) -> NDArray[np.float64]:
    """How much of each name and keyword was said, 0..1."""
    shares = np.zeros(len(library.line_flows))
    whole = library.line_worths
    # Always in the same order: sets of synonyms have another one in each process, and sums then differ a little.
    for stem, sure in sorted(said.items()):
        if stem in library.lines_of:
            shares[library.lines_of[stem]] += sure * library.worth(stem)
    return shares / np.where(whole > 0, whole, 1)


def _weights(library: Library, stem: str, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a word weighs for each flow that has it: more in a prominent place, and in a keyword said whole."""
    posting = library.postings.get(stem)
    if posting is None:
        return np.zeros(0)
    weights = posting.prominence
    if stem in library.lines_of and stem not in library.common:
        pointed = np.zeros(len(library.flows))
        lines = library.lines_of[stem]
        np.maximum.at(pointed, library.line_flows[lines], shares[lines])
        weights = weights + pointed[posting.flows]
    return weights * library.worth(stem)


def without_repeats(words: Iterable[Heard]) -> list[Heard]:
    """The words, each stem left to the first that has it."""
    known: set[str] = set()
    kept = []
    for word in words:
        stems = {stem: sure for stem, sure in word.stems.items() if stem not in known}
        known |= stems.keys()
        if stems:
            kept.append(Heard(word.said, stems, word.is_mistakable))
    return kept
