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


def encoding_of(file: IO[bytes]) -> str:
    """The encoding that the file's first bytes name; otherwise UTF-8 if all of it is, and Windows' cp1252 if not.

    Programs on Windows that do not write UTF-8 write cp1252 in the countries whose letters it has. Another one has
    to be named.
    """
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return marked_encoding(head) or ("utf-8" if _is_utf8(file) else "cp1252")


def marked_encoding(head: bytes) -> str | None:
    """The encoding that a file's first bytes name: by their mark, or by the zeros of UTF-16; otherwise None."""
    for mark, encoding in sorted(_MARKS.items(), key=lambda one: -len(one[0])):
        if head.startswith(mark):
            return encoding
    if head[1:4:2] == b"\0\0":
        return "utf-16-le"
    return "utf-16-be" if head[0:3:2] == b"\0\0" else None


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
