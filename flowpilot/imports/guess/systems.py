"""What a ticket system is called in a mapping, as far as that can be guessed."""

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 40
# Months in four languages, whole: a marketing desk's mail is of no month.
_MONTH = re.compile(
    r"jan(uary?|vier)?|enero|feb(ruary?|rero)?|f[eé]v(rier)?|mar(ch|s|zo)?|m(ä|ae)rz?|apr(il)?|avr(il)?|abr(il)?"
    r"|ma[iy]o?|jun[ei]?|juin|junio|jul[iy]?|juillet|julio|aug(ust)?|ao[uû]t|agosto|sep(t(i?emb(er|re))?)?"
    r"|o[ck]t(ober|obre|ubre)?|nov(i?emb(er|re))?|d[eé][cz](emb(er|re))?|dic(iembre)?",
    re.IGNORECASE,
)
# Words that say what a file is, and not where it is from.
_WORDS = {
    "export",
    "exports",
    "download",
    "copy",
    "latest",
    "new",
    "old",
    "final",
    "report",
    "data",
    "since",
    "to",
}
ANY = "tickets"

Earlier = Sequence[tuple[frozenset[str], str]]
"""The columns that earlier imports read, and the systems that they named: the newest first."""


def system_name(text: str) -> str | None:
    """The name of a system as a mapping has it, of what a person wrote: `Zendesk EU` is `zendesk_eu`.

    Letters that are no Latin ones stay. None if there are neither letters nor digits.
    """
    name = re.sub(r"_+", "_", _plain(text)).strip("_")[:_LONGEST].rstrip("_")
    if not name:
        return None
    return name if name[0].isalpha() else f"system_{name}"[:_LONGEST]


def _plain(text: str) -> str:
    """A text in small letters, with lines for what is neither letter nor digit; Latin letters have no marks."""
    plain = ""
    for one in unicodedata.normalize("NFKD", text.strip().lower().replace("ß", "ss")):
        if not unicodedata.category(one).startswith("M"):
            plain += one if one.isalnum() else "_"
        elif not plain[-1:].isascii():
            plain += one
    return unicodedata.normalize("NFC", plain)


def system_of_file(stem: str) -> str:
    """A name for the system that a file is from: that of the file, without what differs from export to export."""
    words = [word for word in re.split(r"[\W\d_]+", stem) if len(word) > 1]
    kept = [word for word in words if word.lower() not in _WORDS and not _MONTH.fullmatch(word)]
    return system_name("_".join(kept)) or ANY


def system_of(header: Sequence[str], stem: str, earlier: Earlier) -> str:
    """The system that the newest import named whose columns the file has; otherwise by the file's name."""
    has = set(header)
    known = (system for columns, system in earlier if columns <= has)
    return next(known, None) or system_of_file(stem)
