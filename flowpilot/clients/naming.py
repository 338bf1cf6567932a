"""When two spellings are one name."""

import unicodedata


def key_of(name: str) -> str:
    """What the spellings of a name have in common, whatever their case and white space: `"acme ltd"`."""
    return " ".join(unicodedata.normalize("NFC", name.casefold()).split())
