"""Which letters a text is in that is no Unicode: guessed by its words, because nothing else tells."""

# ruff: noqa: RUF001 - Letters of other languages are meant.

import re
from itertools import pairwise
from typing import NamedTuple

from charset_normalizer import from_bytes

WESTERN = "cp1252"
# What the letters of a language are besides those of ASCII, in small; õ is only before e in Portuguese.
_LATIN = {
    WESTERN: (
        *("äöüß", "àâæçèéêëîïôœùûüÿ", "áéíñóúüªº", "àáâãçéêíóôúªº", "àèéìòóùîº", "æøåéüö", "åäöéü", "áéëïóöüèê"),
        *("áðéíóúýþæö",),
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţéö"),
    "cp1254": ("çğıöşüâîûi̇",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "cp850": ("äöüß", "àâçèéêëîïôùûü", "áéíñóúü", "àáâãçéêíóôúõ", "àèéìòóù", "æøåé", "åäöé"),
}
_OTHERS = ["cp1251", "cp1253", "cp1255", "cp1256", "shift_jis", "gb18030", "big5", "euc_kr"]
# Words with letters that are none of ASCII: as bytes, and within them a run of such letters alone.
_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_RUN = re.compile(rb"[\x80-\xff]{4,}")
_CELL = re.compile(rb"[^,;\t\r\n\"]+")
_MARKS = "‘’‚“”„–—…«»¿¡°·•€§®™©\xa0"
_WITHIN = set("’–·\xa0")
_ASCII = set(range(128))
# The letters of cp1255: of another alphabet, a text has capital letters or others.
_HEBREW = set(range(0xE0, 0xFB))
_PORTUGUESE = re.compile("õ(?=e)")
_MOST_WORDS = 2_000
_FEWEST_BYTES = 3
# A file of Latin letters has few words with runs of others, and one of Greek ones has many.
_MOST_RUNS = 0.3
_ENOUGH, _HALF, _CLEARLY = 0.9, 0.5, 0.15


class Guess(NamedTuple):
    """An encoding, and whether nothing speaks for another one."""

    encoding: str
    is_sure: bool


def guess(text: bytes) -> Guess:
    """The encoding of a text with letters that are none of ASCII. What it is taken for in doubt is Western.

    In languages with Latin letters it goes by which of those are theirs, word by word, because a file has names of
    several. Others have whole words of letters that are none of ASCII.
    """
    words = [word for word in dict.fromkeys(_WORD.findall(text)) if len(word) >= _FEWEST_BYTES][:_MOST_WORDS]
    if not words:
        return Guess(WESTERN, is_sure=True)
    if sum(_RUN.search(word) is not None for word in words) > _MOST_RUNS * len(words):
        return _other(text)
    fits = {encoding: sum(_is_of(word, encoding) for word in words) / len(words) for encoding in _LATIN}
    best = max(fits, key=fits.__getitem__)
    if fits[best] < _HALF:
        return _other(text)
    if fits[best] >= _ENOUGH and fits[best] - fits[WESTERN] >= _CLEARLY:
        return Guess(best, is_sure=False)
    return Guess(WESTERN, is_sure=fits[WESTERN] >= _ENOUGH)


def _other(text: bytes) -> Guess:
    """An encoding of letters that are no Latin ones, or of signs."""
    cells = [cell for cell in dict.fromkeys(_CELL.findall(text)) if not cell.isascii()]
    if set(b"".join(cells)) - _ASCII <= _HEBREW:
        return Guess("cp1255", is_sure=False)
    found = from_bytes(b"\n".join(cells), cp_isolation=_OTHERS, enable_fallback=False).best()
    return Guess(WESTERN if found is None else found.encoding, is_sure=False)


def _is_of(word: bytes, encoding: str) -> bool:
    """Whether a word may be of one of the languages that are written in an encoding."""
    try:
        text = word.decode(encoding)
    except UnicodeDecodeError:
        return False
    if any(one > "\x7f" and one.isupper() and before.islower() for before, one in pairwise(text)):
        return False
    small = _PORTUGUESE.sub("", text.lower()).strip(_MARKS)
    letters = {one for one in small if one > "\x7f"} - _WITHIN
    return any(letters <= set(language) for language in _LATIN[encoding])
