"""What a ticket system is called in a mapping, as far as that can be guessed."""

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 40
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


def system_of(header: Sequence[str], earlier: Earlier) -> str | None:
    """The system that the newest import named whose columns the file has; None if none did."""
    has = set(header)
    return next((system for columns, system in earlier if columns <= has), None)
