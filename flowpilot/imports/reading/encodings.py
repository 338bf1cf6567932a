"""In which encoding a text file is written."""

import codecs
from typing import IO

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PIECE = 2**20
# From the beginning of a file, so much is looked at.
HEAD = 2**16
# In UTF-16, each digit, blank and separator has a zero: one in twenty characters, at least.
_FEWEST_ZEROS = 40


def encoding_of(file: IO[bytes]) -> str:
    """The encoding that the file's first bytes name; otherwise UTF-8 if all of it is, and Windows' cp1252 if not.

    Programs on Windows that do not write UTF-8 write cp1252 in the countries whose letters it has. Another one has
    to be named.
    """
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return marked_encoding(head) or ("utf-8" if _is_utf8(file) else "cp1252")


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a file's first bytes name: by their mark, or by the zeros of UTF-16; otherwise None."""
    for mark, encoding in sorted(_MARKS.items(), key=lambda one: -len(one[0])):
        if head.startswith(mark):
            return encoding
    first, second = head[::2].count(0), head[1::2].count(0)
    if max(first, second) < max(2, len(head) // _FEWEST_ZEROS) or min(first, second) > max(first, second) // 5:
        return None
    encoding = "utf-16-be" if first > second else "utf-16-le"
    text = head.decode(encoding, errors="replace")
    return encoding if "\n" in text or text.lstrip().startswith(("[", "{", "<")) else None


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while data := file.read(_PIECE):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        file.seek(0)
    return True
