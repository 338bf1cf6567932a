"""Read an event log row by row: a CSV file, plain or packed as .gz or .zip."""

import csv
import gzip
import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from flowpilot.errors import InvalidError

_UNPACKING_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


class LogFileError(InvalidError):
    """The file as a whole cannot be read."""


class BadRowError(LogFileError):
    """One row cannot be used. Lines are counted from 1, which is the header's."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line}: {problem}. Nothing was imported.", line=line)


class LogReader:
    """An open log: its header, its rows and, once these are read to the end, its digest."""

    def __init__(self, path: Path, file: IO[bytes], delimiter: str, encoding: str) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._file = file
        self._encoding = encoding
        self._source = _Source(path.name, _unpack(path.name, file))
        text = io.TextIOWrapper(io.BufferedReader(self._source, 2**17), encoding=encoding, newline="")
        self._csv = csv.reader(text, delimiter=delimiter, strict=True)
        _, self.header = next(self._records(), (1, []))
        if not self.header:
            raise LogFileError(f"{path.name} is empty: it needs a header line and rows.")

    @property
    def bytes_read(self) -> int:
        """How far the reader has come in the file on disk, packed or not; `size` is the end."""
        return self._file.tell()

    @property
    def digest(self) -> str:
        """The SHA-256, in hex, of the unpacked bytes so far: a packed file is the same file."""
        return self._source.sha256.hexdigest()

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The line in which each row begins, and its fields. Blank lines are skipped.

        Raises:
            BadRowError: a row has more or fewer fields than the header, or its quotes do not match.
            LogFileError: the file is damaged, or is not text in this encoding.
        """
        width = len(self.header)
        for line, fields in self._records():
            if len(fields) == width:
                yield line, fields
            elif fields:
                raise BadRowError(line, f"expected {width} fields as in the header, found {len(fields)}")

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        line = self._csv.line_num + 1
        try:
            for fields in self._csv:
                yield line, fields
                line = self._csv.line_num + 1
        except csv.Error as error:
            raise BadRowError(line, f"not readable as CSV ({error})") from error
        except UnicodeError as error:
            raise BadRowError(
                line, f"here or soon after, the file is not {self._encoding} text ({error})"
            ) from error


@contextmanager
def open_log(path: Path, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Iterator[LogReader]:
    """Open a log that is plain, gzip, or a zip with one file in it. Its first bytes say which, not its name.

    Raises:
        LogFileError: the file is missing, empty, damaged, or a zip with no file or several.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise LogFileError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        yield LogReader(path, file, delimiter, encoding)


class _Source(io.RawIOBase):
    """Passes unpacked bytes on, and digests them."""

    def __init__(self, name: str, unpacked: IO[bytes]) -> None:
        self._name = name
        self._unpacked = unpacked
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._unpacked.read(len(buffer))
        except _UNPACKING_ERRORS as error:
            raise LogFileError(f"{self._name} is damaged: {error}.") from error
        self.sha256.update(data)
        buffer[: len(data)] = data
        return len(data)


def _unpack(name: str, file: IO[bytes]) -> IO[bytes]:
    head = file.read(4)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(file))
    if head in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _only_member(name, file)
    return file


def _only_member(name: str, file: IO[bytes]) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not member.is_dir()]
        if len(members) != 1:
            raise LogFileError(f"{name} holds {len(members)} files: a zip must hold the log and nothing else.")
        return archive.open(members[0])
    except _UNPACKING_ERRORS as error:
        raise LogFileError(f"{name} cannot be unpacked: {error}.") from error
