"""In which encoding a text file is written."""

import codecs
from dataclasses import dataclass
from typing import IO

from flowpilot.imports.reading.guessing import WESTERN, guess

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PIECE = 2**16
# From the beginning of a file, so much is looked at.
HEAD = 2**16
# In UTF-16, each digit, blank and separator has a zero: one in twenty characters, at least.
_FEWEST_ZEROS = 40
# Letters that are none in UTF-8 make it another encoding if they are not so many times fewer than those that are.
_FEW = 2
_MOST_BROKEN = 10_000
_SAMPLE = 200_000
_NAMES = {
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp850": "Western European (DOS)",
    "shift_jis": "Japanese (Shift JIS)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5": "Chinese, traditional (Big5)",
    "euc_kr": "Korean (EUC-KR)",
}
_ASCII = bytes(range(128))
_MENDED = "flowpilot.mended"


@dataclass(frozen=True, slots=True)
class Letters:
    """How the letters of a text file are read: its encoding, what is done about errors, and what to say of it."""

    encoding: str
    errors: str = "strict"
    doubt: str | None = None


def letters_of(file: IO[bytes]) -> Letters:
    """The encoding that the file's first bytes name; otherwise UTF-8 if all of it is, or nearly all.

    Programs on Windows that do not write UTF-8 write cp1252 in the countries whose letters it has. Another one is
    guessed by the words, and said. A file that was put together of several may be UTF-8 in all lines but one, and
    one that was cut off ends within a letter.
    """
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    marked = marked_encoding(head)
    if marked not in {None, "utf-8-sig"}:
        return Letters(marked or "")
    broken = _Broken()
    if not broken.find(file):
        return _guessed(file)
    return Letters(marked or "utf-8", _MENDED, broken.in_words()) if broken.n else Letters(marked or "utf-8")


def _guessed(file: IO[bytes]) -> Letters:
    encoding, is_sure = guess(_sample(file))
    if is_sure:
        return Letters(encoding)
    doubt = (
        f"The file is no Unicode: by its words, its letters were read as {_NAMES[encoding]}. If names are"
        " gibberish, it is in other ones: name its encoding in the mapping, or choose its letters on the page."
    )
    return Letters(encoding, "strict" if encoding == WESTERN else "replace", doubt)


def _sample(file: IO[bytes]) -> bytes:
    """Lines of the first parts of a file with letters that are none of ASCII."""
    found, is_first = b"", True
    try:
        while len(found) < _SAMPLE and (data := file.read(_PIECE)):
            if not data.isascii():
                found += data if is_first else data[data.find(b"\n") + 1 :]
                found = found[: found.rfind(b"\n") + 1] or found
            is_first = False
    finally:
        file.seek(0)
    return found


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


@dataclass(slots=True)
class _Broken:
    """The bytes of a file that are no UTF-8: how many, and in which line the first is."""

    n: int = 0
    line: int = 1
    are_many: bool = False

    def find(self, file: IO[bytes]) -> bool:
        """Look for them. Return whether they are few among the letters that are none of ASCII."""
        others, lines, rest = 0, 1, b""
        try:
            while data := file.read(_PIECE):
                rest = self._find(rest + data, lines, others, is_end=False)
                if self.are_many:
                    return False
                others += len(data.translate(None, _ASCII))
                lines += data.count(b"\n")
            is_cut = bool(rest) and not self.n
            self._find(rest, lines, others, is_end=True)
        finally:
            file.seek(0)
        is_few = is_cut and others > len(rest)
        return is_few or self.n * _FEW <= others - self.n

    def in_words(self) -> str:
        """What to say of them."""
        where = f"line {self.line:,}" if self.n == 1 else f"{self.n:,} places, the first in line {self.line:,}"
        return (
            f"The file is Unicode (UTF-8), but in {where} it is not: there it was read as Windows-1252. It may"
            " have been cut off, or put together of several files. Look at the names and titles there."
        )

    def _find(self, data: bytes, line: int, others: int, *, is_end: bool) -> bytes:
        """Count those of a piece, up to what the next one may complete, which is returned."""
        place = 0
        while True:
            try:
                _, used = codecs.utf_8_decode(data[place:] if place else data, "strict", is_end)
            except UnicodeDecodeError as error:
                if not self.n:
                    self.line = line + data.count(b"\n", 0, place + error.start)
                self.n += error.end - error.start
                place += error.end
                if self.n > _MOST_BROKEN:
                    seen = others + len(data[:place].translate(None, _ASCII))
                    self.are_many = self.n * _FEW > seen - self.n
                    return b""
            else:
                return data[place + used :]


def _mend(error: UnicodeError) -> tuple[str, int]:
    """The letters of cp1252 for bytes that are no UTF-8."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(_MENDED, _mend)
