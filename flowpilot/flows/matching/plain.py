"""A problem text in plain English words, as far as they are known: what it means is compared with this, too.

Fillers are left out, words of the glossary are in English, and misspelt words are mended. Pure.
"""

import re
from collections.abc import Mapping

from flowpilot.flows.matching.glossary import FILLERS, PHRASES, fold, in_english, is_english, same_in_english
from flowpilot.flows.matching.problem import ELISION

_PHRASES = re.compile(rf"\b(?:{'|'.join(map(re.escape, PHRASES))})\b")
_WORD = re.compile(r"[\w@](?:[\w@.'\u2019-]*\w)?@?")


def in_plain_words(text: str, mended: Mapping[str, str]) -> str:
    """The words that say something; the text itself if there are none.

    Args:
        mended: the folded words that are misspelt, and what they were meant to be.
    """
    folded = fold(text)
    is_foreign = not is_english(folded.split())
    known = _PHRASES.sub(lambda phrase: in_english(phrase[0])[0], folded) if is_foreign else folded
    words = (_plain(word[0], mended, is_foreign=is_foreign) for word in _WORD.finditer(known))
    return " ".join(filter(None, words)) or text


def _plain(word: str, mended: Mapping[str, str], *, is_foreign: bool) -> str:
    stem = ELISION.sub("", word)
    stem = mended.get(stem, stem)
    if stem in FILLERS:
        return ""
    english = in_english(stem) if is_foreign else same_in_english(stem)
    return english[0] if english else stem
