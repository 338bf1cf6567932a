"""The words of a problem text, and what each of them may stand for, pure."""

import re
from dataclasses import dataclass

from flowpilot.flows.matching.glossary import FILLERS, PHRASES, fold, in_english, is_english, same_in_english

# The rest of a longer text is more often a log than a description.
_MAX_CHARACTERS = 4000
_MAX_WORDS = 100

# A word of another language may mean more than one thing.
_TRANSLATED = 0.85
# A word said as two, or two said as one.
_JOINED = 0.9
# What stands "on my laptop" is about something else than the laptop.
_ASIDE = 0.3

# "Hi team" has nothing to do with Teams.
_GREETING = re.compile(r"\b(?:hi|hello|hey|dear)\s+(?:\w+\s+)?team\b", re.IGNORECASE)
# Nor has "please call me back" with telephones.
_CALL_BACK = re.compile(r"\b(?:call|ring|phone)\s+(?:(?:me|us|him|her|them)\s+)?back\b", re.IGNORECASE)
# One word in two. "Log" alone is what a server writes.
_IN_TWO = {
    "log in": "login",
    "log on": "login",
    "log into": "login",
    "logging in": "login",
    "logging on": "login",
    "logged in": "login",
    "sign in": "login",
    "sign on": "login",
    "signing in": "login",
    "back up": "backup",
    "pass word": "password",
}
_WORD = re.compile(rf"\b(?:{'|'.join(map(re.escape, [*_IN_TWO, *PHRASES]))})\b|\w(?:[\w.'\u2019-]*\w)?")
# Two words that one of these is part of are never one word.
_LOOSE_WORDS = "a the my his her our their your this that to not no is are was were has have had i it and or we"
_LOOSE = frozenset(_LOOSE_WORDS.split())
_NEGATION = re.compile(r"n['\u2019]t\Z")
ELISION = re.compile(r"\A(?:[a-z]|qu|un|dell|all|nell|sull)['\u2019](?=\w{2})")
_PLACE = re.compile(
    r"\b(?:on|from|to|at|into|with|auf|an|sur|en)\s+"
    r"(?:(?:my|his|her|their|our|your|the|a|this|one|mein\w{0,2}|mon|mi|el|le|l)\b['\u2019\s]*)"
    r"(?:(?:work|home|new|own|company|office|private|windows)\s+)?"
    r"(?P<device>laptop|computer|pc|notebook|desktop|workstation|machine|rechner|ordinateur|portatil|ordenador)\b"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it was said.

    Attributes:
        forms: what it may stand for, itself first, each with how sure that is, 0..1.
        is_mistakable: an unknown word may be misspelt. A word of another language is not.
    """

    said: str
    forms: dict[str, float]
    is_mistakable: bool = True


def read_words(text: str) -> list[Word]:
    """The text's words in lower case, each once, without the greeting, negations and words that say nothing."""
    body = _CALL_BACK.sub(" ", _GREETING.sub(" ", text[:_MAX_CHARACTERS], count=1)).lower().replace("\x00", " ")
    folded = fold_in_place(body)
    aside = {place.start("device") for place in _PLACE.finditer(folded)}
    english = is_english(folded.split())
    found: dict[str, Word] = {}
    before, ended = "", -1
    for place in _WORD.finditer(folded):
        said = body[place.start() : place.end()]
        if _NEGATION.search(said):
            before, ended = "", -1
            continue
        weight = _ASIDE if place.start() in aside else 1.0
        if said not in found:
            found[said] = _word(said, place[0], weight, is_foreign=not english)
        pair = before + place[0]
        if ended == place.start() - 1 and pair.isalpha() and not {before, place[0]} & _LOOSE:
            found.setdefault(
                pair, Word(body[place.start() - len(before) - 1 : place.end()], {pair: _JOINED}, False)
            )
        before, ended = place[0], place.end()
        if len(found) >= 2 * _MAX_WORDS:
            break
    return [word for word in found.values() if word.forms]


def _word(said: str, plain: str, weight: float, *, is_foreign: bool) -> Word:
    if plain in _IN_TWO:
        return Word(said, {_IN_TWO[plain]: weight})
    stem = ELISION.sub("", plain)
    if stem in FILLERS:
        return Word(said, {}, is_mistakable=False)
    own = ELISION.sub("", said)
    forms = dict.fromkeys((own, stem), weight)
    english = in_english(stem) if is_foreign else same_in_english(stem)
    for word in english:
        forms.setdefault(word, weight * _TRANSLATED)
    return Word(said, forms, is_mistakable=not english)


def fold_in_place(text: str) -> str:
    """The text without accents, character for character, so that places in both are the same."""
    return "".join(folded if len(folded := fold(letter)) == 1 else letter for letter in text)
