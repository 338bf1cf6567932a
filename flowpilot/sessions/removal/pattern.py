"""Texts as they may be in a copy: in other letters for the same, wrapped, escaped, cut off. Pure."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from unicodedata import category

from flowpilot.text import REMOVED, folded, signs_of

# Fewer characters are in too many places by chance.
LEAST = 4


def _marks() -> str:
    """What combines with the letter before it, in all scripts up to Hangul, as ranges of a regular expression."""
    marks = (one for one in range(0x300, 0xAC00) if category(chr(one)).startswith("M"))
    runs = (list(run) for _, run in groupby(enumerate(marks), lambda mark: mark[1] - mark[0]))
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)


# A mark is no letter to a regular expression.
_MARKS = _marks()
_OF_WORD = re.compile(rf"[^\W_]|[{_MARKS}]")
_LETTERS = re.compile(rf"(?:[^\W\d_]|[\s{_MARKS}])+")
_BEGINS, _ENDS = rf"(?<![^\W_])(?<![{_MARKS}])", rf"(?![^\W_])(?![{_MARKS}])"
_MARKDOWN = frozenset("\\`*_{}[]<>#|~&-+=.)")
_ELLIPSIS = "…"
# What stands for signs in the address of a page: `%20` or `+` for a space.
_CODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|\+")
_MOST_CUT_OFF = 400


class Pattern:
    """Finds texts, whatever form their letters have and however they are wrapped or escaped.

    Where a text was cut off, its beginning is found.

    Args:
        texts: folded.
        whole: those of them that are found as whole words only. So is each that has letters alone.
    """

    def __init__(self, texts: Collection[str], whole: Collection[str] = ()) -> None:
        self._texts = texts
        alternatives = (
            f"{_BEGINS}{_pattern(text)}{_ENDS}" if text in whole or _LETTERS.fullmatch(text) else _pattern(text)
            for text in texts
        )
        self._pattern = re.compile("|".join(alternatives) or r"(?!)", re.IGNORECASE)

    def clean(self, text: str) -> str:
        """The text without them."""
        # Most texts have none of them, and to find where one is takes longer than to find that one is there.
        clean = self._without(_Spread.of(text), text) if self._is_said_in(text) else text
        if self._is_coded_in(clean):
            clean = self._without(_Spread.of_address(clean), clean)
        return self._without_beginnings(clean) if _ELLIPSIS in clean else clean

    def is_in(self, text: str) -> bool:
        """Whether the text has one of them, and not only a beginning."""
        return self._is_said_in(text) or self._is_coded_in(text)

    def clean_name(self, name: str) -> str:
        """The name, or what stands for it if it is one of them."""
        return REMOVED if self._pattern.fullmatch(folded(name.strip())) else name

    def _is_said_in(self, text: str) -> bool:
        return self._pattern.search(folded(text)) is not None

    def _is_coded_in(self, text: str) -> bool:
        return _CODED.search(text) is not None and self._is_said_in("".join(one for one, _, _ in _decoded(text)))

    def _without(self, spread: "_Spread", text: str) -> str:
        kept, end = list[str](), 0
        for found in self._pattern.finditer(spread.text):
            if not spread.has_edges(found.start(), found.end()):
                continue
            kept += [text[end : spread.starts[found.start()]], REMOVED]
            end = spread.ends[found.end() - 1]
        return "".join([*kept, text[end:]])

    def _without_beginnings(self, text: str) -> str:
        """The text without beginnings of the words, where they were cut off to be short."""
        pieces = text.split(_ELLIPSIS)
        kept = [self._without_beginning(piece) for piece in pieces[:-1]]
        return _ELLIPSIS.join([*kept, pieces[-1]])

    def _without_beginning(self, piece: str) -> str:
        spread = _Spread.of(piece.rstrip(" ,;:"))
        said = spread.text
        for words in self._texts:
            for length in range(min(len(words), len(said), _MOST_CUT_OFF), LEAST - 1, -1):
                before = said[: len(said) - length]
                if said.endswith(words[:length].rstrip()) and not _OF_WORD.fullmatch(before[-1:]):
                    return piece[: spread.starts[len(before)]] + REMOVED
        return piece


@dataclass(frozen=True, slots=True)
class _Spread:
    """A text in its folded form, and for each of its letters where the sign begins and ends that it comes from."""

    text: str
    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, text: str) -> "_Spread":
        """A text, sign by sign."""
        return cls._of([(letter, at, at + 1) for at, letter in enumerate(text)])

    @classmethod
    def of_address(cls, text: str) -> "_Spread":
        """The same of what is written as in an address."""
        return cls._of(list(_decoded(text)))

    @classmethod
    def _of(cls, said: Sequence[tuple[str, int, int]]) -> "_Spread":
        letters, starts, ends = list[str](), list[int](), list[int]()
        text = "".join(letter for letter, _, _ in said)
        for start, end in signs_of(text):
            sign = folded(text[start:end])
            letters.append(sign)
            starts += [said[start][1]] * len(sign)
            ends += [said[end - 1][2]] * len(sign)
        return cls("".join(letters), starts, ends)

    def has_edges(self, start: int, end: int) -> bool:
        """Whether a stretch of the folded text begins and ends with whole signs: `cafe` is not part of `café`."""
        begins = start == 0 or self.starts[start - 1] != self.starts[start]
        return begins and (end == len(self.text) or self.starts[end] != self.starts[end - 1])


def _decoded(text: str) -> Iterator[tuple[str, int, int]]:
    """The letters of a text that is written as in an address, with where each begins and ends there."""
    at = 0
    for found in _CODED.finditer(text):
        yield from ((letter, place, place + 1) for place, letter in enumerate(text[at : found.start()], at))
        at = found.start()
        for letter in _letters_of(found[0]):
            length = len(found[0]) if found[0] == "+" else 3 * len(letter.encode(errors="surrogateescape"))
            yield letter, at, at + length
            at += length
    yield from ((letter, place, place + 1) for place, letter in enumerate(text[at:], at))


def _letters_of(coded: str) -> str:
    """Bytes that are no text are signs that nobody writes."""
    return " " if coded == "+" else bytes.fromhex(coded.replace("%", "")).decode(errors="surrogateescape")


def _pattern(text: str) -> str:
    return r"\s+".join("".join(map(_letter, token)) for token in text.split())


def _letter(letter: str) -> str:
    escaped = re.escape(letter)
    return rf"\\?{escaped}" if letter in _MARKDOWN else escaped
