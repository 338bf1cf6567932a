"""Unpack a file: plain, gzip, bzip2, or the only file in a zip. Its first bytes say which, not its name."""

import bz2
import gzip
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import SEEK_END
from pathlib import Path
from typing import IO, Any, cast

from flowpilot.imports.reading.errors import LogFileError
from flowpilot.imports.reading.limits import PreviewLimit

# A log of text becomes ten to thirty times smaller. What becomes far smaller is made to fill a disk.
LARGEST_RATIO = 100
_FREE_OF_RATIO = 2**26
# It is unpacked into the temporary directory, each time that somebody looks. Plain files may be of any size.
LARGEST_BYTES = 2**33
# An entry takes a hundred bytes.
LARGEST_DIRECTORY = 2**19
_ADDED = {".DS_Store", "Thumbs.db", "desktop.ini"}
_PIECE = 2**20
_GZIP, _BZIP2, _ZIP = b"\x1f\x8b", b"BZh", b"PK\x03\x04"
_ERRORS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file's own bytes on disk, how many there are, and their SHA-256 in hex: a packed file is the same file.

    `ending` ends with it. With a `limit` it is only looked at, and its digest is empty.
    """

    name: str
    file: IO[bytes]
    size: int
    digest: str
    ending: ExitStack
    limit: PreviewLimit | None = None


@contextmanager
def unpacked(path: Path, limit: PreviewLimit | None = None) -> Iterator[Unpacked]:
    """The file, unpacked into a temporary file if it is packed. A `limit` may end while it is read.

    Raises:
        LogFileError: the file is missing or damaged, a zip with no file or several, packed twice, or unreasonably
        large unpacked.
        PreviewTooLongError: it takes too long.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise LogFileError(f"{path} cannot be read: {error.strerror}.") from error
    with file, ExitStack() as ending:
        packed = _opened(path.name, file)
        if packed is None:
            yield _told(path.name, file, ending, limit)
            return
        plain = ending.enter_context(tempfile.TemporaryFile())
        with packed:
            _copy(path.name, packed, plain, path.stat().st_size, limit)
        _refuse_packed(path.name, plain)
        yield _told(path.name, plain, ending, limit)


def largest_of(packed_size: int) -> int:
    """To how many bytes a packed file of so many may unpack."""
    return min(LARGEST_BYTES, _FREE_OF_RATIO + LARGEST_RATIO * packed_size)


def is_spreadsheet(head: bytes, members: list[str]) -> bool:
    """Whether these first bytes, of a zip with these members, are those of an xls, xlsx, xlsb or ods file."""
    return head.startswith(b"\xd0\xcf\x11\xe0") or bool({"[Content_Types].xml", "mimetype"} & set(members))


def members_of(file: IO[bytes]) -> list[str]:
    """The names of the files in a zip; none if it is no zip. The file is read from its beginning afterwards.

    Raises:
        LogFileError: it holds far more than an export does.
    """
    file.seek(0)
    try:
        if file.read(2) != b"PK":
            return []
        with zipfile.ZipFile(cast("IO[bytes]", _Directory(file))) as archive:
            return [member.filename for member in archive.infolist() if not member.is_dir()]
    except _ERRORS:
        return []
    finally:
        file.seek(0)


class _Directory:
    """A zip whose directory is read: that is done at one go, and takes ten times its size in memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            LogFileError: there are more than a directory has.
        """
        found = self._file.read(LARGEST_DIRECTORY + 1 if size < 0 else min(size, LARGEST_DIRECTORY + 1))
        if len(found) > LARGEST_DIRECTORY:
            raise LogFileError("The zip holds thousands of files: it must hold the log and nothing else.")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _told(name: str, file: IO[bytes], ending: ExitStack, limit: PreviewLimit | None) -> Unpacked:
    size = file.seek(0, SEEK_END)
    if not size:
        raise LogFileError(f"{name} is empty: it needs a header line and rows.")
    file.seek(0)
    if limit is not None:
        return Unpacked(name, limit.wrap(file), size, "", ending, limit)
    sha256 = hashlib.sha256()
    while data := file.read(_PIECE):
        sha256.update(data)
    file.seek(0)
    return Unpacked(name, file, size, sha256.hexdigest(), ending)


def _opened(name: str, file: IO[bytes]) -> IO[bytes] | None:
    """The unpacked bytes of a packed file; None if it is not packed."""
    head = file.read(4)
    file.seek(0)
    if head.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(file))
    if head.startswith(_BZIP2):
        return cast("IO[bytes]", bz2.open(file))
    if head in {_ZIP, b"PK\x05\x06"} and not is_spreadsheet(head, members_of(file)):
        return _only_member(name, file)
    return None


def _refuse_packed(name: str, plain: IO[bytes]) -> None:
    """Refuse what is packed again, and would be read as text."""
    plain.seek(0)
    head = plain.read(4)
    plain.seek(0)
    is_zip = head == _ZIP and not is_spreadsheet(head, members_of(plain))
    if is_zip or head.startswith((_GZIP, _BZIP2)):
        raise LogFileError(f"{name} is packed twice: unpack it once, and take the file that is in it.")


def _only_member(name: str, file: IO[bytes]) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if _is_for_people(member)]
        if len(members) != 1:
            raise LogFileError(f"{name} holds {len(members)} files: a zip must hold the log and nothing else.")
        return archive.open(members[0])
    except _ERRORS as error:
        raise LogFileError(f"{name} cannot be unpacked: {error}.") from error


def _is_for_people(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a file that somebody has packed, and not what their system adds to each folder."""
    folders, _, name = member.filename.rpartition("/")
    is_added = "__MACOSX" in folders.split("/") or name.startswith("._") or name in _ADDED
    return not member.is_dir() and not is_added


def _copy(name: str, packed: IO[bytes], plain: IO[bytes], packed_size: int, limit: PreviewLimit | None) -> None:
    largest = largest_of(packed_size)
    copied = 0
    while data := _read(name, packed):
        if limit is not None:
            limit.check()
        copied += len(data)
        if copied > largest:
            raise LogFileError(
                f"{name} unpacks to more than {largest // 2**20:,} MB, as no log"
                " of its size does: unpack it yourself and look at it, or split it."
            )
        plain.write(data)


def _read(name: str, packed: IO[bytes]) -> bytes:
    try:
        return packed.read(_PIECE)
    except _ERRORS as error:
        raise LogFileError(f"{name} is damaged: {error}.") from error
