"""Words that occur together in many texts. Pure: no I/O."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two words, in alphabetical order, and how many texts have both."""

    first: str
    second: str
    n: int


def words_of(texts: Sequence[str]) -> list[set[str]]:
    """The distinct words of each text in lower case: three letters or more, and nothing but letters."""
    return [set(_WORD.findall(text.lower())) for text in texts]


def frequent(texts: Sequence[set[str]], least: int) -> set[str]:
    """Words in at least `least` texts; no pair can be more frequent than its words."""
    return {word for word, n in Counter(word for text in texts for word in text).items() if n >= least}


def repeated_pairs(texts: Sequence[set[str]], words: Collection[str], least: int) -> list[Pair]:
    """The pairs of these words in at least `least` texts, most frequent first, then in alphabetical order."""
    names = sorted(words)
    column = {word: position for position, word in enumerate(names)}
    marks = [(row, column[word]) for row, text in enumerate(texts) for word in text if word in column]
    has_word = np.zeros((len(texts), len(names)), np.float32)
    if marks:
        has_word[tuple(np.array(marks).T)] = 1
    together = np.triu(has_word.T @ has_word, k=1)
    pairs = [Pair(names[a], names[b], int(together[a, b])) for a, b in np.argwhere(together >= least)]
    return sorted(pairs, key=lambda pair: (-pair.n, pair.first, pair.second))
