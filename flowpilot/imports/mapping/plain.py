"""Times as people and systems of many countries write them, in the plain way that patterns know."""

import re
import unicodedata

# Months by the beginnings of their names in the languages of our users. A longer beginning comes first.
_BEGINNINGS = {
    "Jan": "jan ene gen",
    "Feb": "feb fev",
    "Mar": "mar mrz maa",
    "Jun": "juin jun giu",
    "Jul": "juil jul lug",
    "Apr": "apr avr abr",
    "May": "mai may mei mag",
    "Aug": "aug aou ago",
    "Sep": "sep set",
    "Oct": "oct okt ott out",
    "Nov": "nov",
    "Dec": "dec dez dic",
}
_MONTHS = {beginning: month for month, all_of_it in _BEGINNINGS.items() for beginning in all_of_it.split()}
_WEEKDAY = re.compile(r"^([^\W\d_]{2,10})\.?,? (?=[^\W\d_]*\.? ?\d)")
_WORD = re.compile(r"(?<![^\W_])([^\W\d_]{3,10})\.?(?![^\W_])")
_HALF = re.compile(r"(?<=\d) ?([ap])\.? ?m\.?(?![^\W_])", re.IGNORECASE)
_ORDINAL = re.compile(r"(?<=\d)\. (?=[^\W\d_])")
_AT = re.compile(r" (?:at|um|à|a las) (?=\d)")
_CLOCK = re.compile(r"(?<=\d) (?:Uhr|h)$")
_UTC = re.compile(r"(?<=\d) (?:UTC|GMT|Z)$")


def plainly(text: str) -> str:
    """The time with simple spaces, English months, AM or PM apart, and without the day of the week.

    `Mo., 2. März 2026 um 8:00 Uhr` is `2 Mar 2026 8:00`, and `Mar  1 2026  8:00p.m.` is `Mar 1 2026 8:00 PM`.
    """
    text = " ".join(text.split())
    text = _WEEKDAY.sub(lambda first: first[0] if _month(first[1]) else "", text)
    text = _UTC.sub(" +0000", _CLOCK.sub("", _AT.sub(" ", _ORDINAL.sub(" ", text))))
    text = _HALF.sub(lambda half: f" {half[1].upper()}M", text)
    return _WORD.sub(lambda word: _month(word[1]) or word[0], text)


def _month(word: str) -> str | None:
    letters = "".join(one for one in unicodedata.normalize("NFKD", word.lower()) if one.isascii())
    return _MONTHS.get(letters[:4]) or _MONTHS.get(letters[:3])
