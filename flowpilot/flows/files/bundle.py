"""A flow with its files as one archive: `flow.yaml`, and what its nodes show below `files/`. No database."""

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from flowpilot.attachments.kinds import AttachmentRefusedError
from flowpilot.attachments.preparing import PreparedFile, prepare_file
from flowpilot.errors import InvalidError
from flowpilot.flows.files.names import files_in, with_files
from flowpilot.flows.files.node import NodeFile
from flowpilot.flows.text import MAX_CHARACTERS, FlowText, parse
from flowpilot.flows.tree import Tree

TEXT = "flow.yaml"
FOLDER = "files/"
MEDIA_TYPE = "application/zip"

_MEMORY_BYTES = 1_000_000
_NO_BUNDLE = (
    f"This is not an archive of a flow. It needs a {TEXT}, and the files below {FOLDER}: export a flow to see one."
)


@dataclass(frozen=True, slots=True)
class BundledFile:
    """A file of an archive. `sent_sha256` is of what is in the archive, before a picture is drawn again."""

    prepared: PreparedFile
    sent_sha256: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an archive holds: the flow, and by the names that it uses the files that are there."""

    text: FlowText
    files: Mapping[str, BundledFile]

    @property
    def complete_tree(self) -> Tree:
        """The flow's tree, whose files are there as far as the archive has them."""
        types = {name: file.prepared.media_type for name, file in self.files.items()}
        return with_files(self.text.tree, lambda file: NodeFile(name=file.name, type=types.get(file.name, "")))


def is_bundle(file: BinaryIO) -> bool:
    """Whether a file is an archive, rather than a text."""
    is_archive = zipfile.is_zipfile(file)
    file.seek(0)
    return is_archive


def read_bundle(file: BinaryIO, most: int, most_together: int) -> Bundle:
    """Read an archive, whose files have at most so many bytes each and together. Drawing pictures takes a while.

    Raises:
        InvalidError: it is no such archive.
        FlowTextError: its text is not a flow.
        AttachmentRefusedError: one of its files cannot be taken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            text = parse(_read_text(archive))
            named = dict.fromkeys(one.name for one in files_in(text.tree))
            there = set(archive.namelist())
            contents = _contents(archive, [name for name in named if FOLDER + name in there], most, most_together)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _refused(_NO_BUNDLE) from None
    return Bundle(text, {name: _prepared(name, content, most) for name, content in contents.items()})


def _refused(detail: str) -> InvalidError:
    return InvalidError(detail, errors=[{"field": "body.file", "message": detail}])


def _read_text(archive: zipfile.ZipFile) -> str:
    if TEXT not in archive.namelist():
        raise zipfile.BadZipFile
    with archive.open(TEXT) as opened:
        # No more is read than is taken, whatever the archive says of its size.
        written = opened.read(4 * MAX_CHARACTERS + 1)
    try:
        return written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(f"The {TEXT} in the archive is not UTF-8 text.") from None


def _contents(archive: zipfile.ZipFile, names: Sequence[str], most: int, most_together: int) -> dict[str, bytes]:
    """The files of these names. What an archive says of their sizes proves nothing."""
    contents: dict[str, bytes] = {}
    for name in names:
        with archive.open(FOLDER + name) as opened:
            contents[name] = opened.read(most + 1)
        if sum(map(len, contents.values())) > most_together:
            raise _refused(f"These files take more than {most_together // 1_000_000} MB together. Leave some out.")
    return contents


def _prepared(name: str, content: bytes, most: int) -> BundledFile:
    try:
        prepared = prepare_file(io.BytesIO(content), name, most)
    except AttachmentRefusedError as error:
        raise AttachmentRefusedError(f"{name}: {error.detail}") from None
    return BundledFile(prepared, hashlib.sha256(content).hexdigest())


class BundleWriter:
    """Writes an archive piece by piece. Pictures are not made smaller: they cannot be."""

    def __init__(self, text: str) -> None:
        self.file = SpooledTemporaryFile[bytes](max_size=_MEMORY_BYTES)
        self._archive = zipfile.ZipFile(self.file, "w", zipfile.ZIP_STORED)
        self._archive.writestr(TEXT, text)

    def add(self, name: str, pieces: list[bytes]) -> None:
        """Add a file."""
        with self._archive.open(FOLDER + name, "w") as opened:
            for piece in pieces:
                opened.write(piece)

    def close(self) -> IO[bytes]:
        """The whole archive, to be read from its beginning."""
        self._archive.close()
        self.file.seek(0)
        return self.file
