"""What a misspelt word was meant to be: a word that differs by one letter, or by two that are swapped. Pure."""

from collections import defaultdict
from collections.abc import Iterable

from flowpilot.flows.matching.glossary import ENGLISH_WORDS, FOREIGN_WORDS, fold

# Of short words, too many are one letter from another.
_LEAST, _LEAST_FOREIGN = 6, 7
_MOST_LETTERS_OFF = 1


class Spelling:
    """The words of a library, and those of the glossary."""

    def __init__(self, words: Iterable[str]) -> None:
        known = {word for word in map(fold, words) if len(word) >= _LEAST and word.isalpha()}
        known |= {word for word in ENGLISH_WORDS if len(word) >= _LEAST}
        known |= {word for word in FOREIGN_WORDS if len(word) >= _LEAST_FOREIGN}
        self._known = known
        self._groups: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(known):
            self._groups[word[0], len(word)].append(word)

    def mend(self, word: str) -> str | None:
        """The folded word that was meant, if the word is not one itself and is like one; swapped letters first."""
        plain = fold(word)
        if not plain.isalpha() or plain in self._known:
            return None
        lengths = range(len(plain) - _MOST_LETTERS_OFF, len(plain) + _MOST_LETTERS_OFF + 1)
        near = [
            other
            for length in lengths
            for other in self._groups.get((plain[0], length), ())
            # "Printers" is not misspelt.
            if is_near(plain, other) and not plain.startswith(other) and not other.startswith(plain)
        ]
        return min(near, key=lambda other: (sorted(other) != sorted(plain), other), default=None)


def is_near(word: str, other: str) -> bool:
    """Whether one letter differs, is missing or is too much, or two neighbours are swapped."""
    if len(word) == len(other):
        differ = [place for place in range(len(word)) if word[place] != other[place]]
        if len(differ) == 2:
            first, second = differ
            return second == first + 1 and word[first] == other[second] and word[second] == other[first]
        return len(differ) == 1
    shorter, longer = sorted((word, other), key=len)
    if len(longer) - len(shorter) != 1:
        return False
    return any(shorter == longer[:place] + longer[place + 1 :] for place in range(len(longer)))
