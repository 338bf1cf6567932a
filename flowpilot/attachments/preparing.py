"""From an uploaded file to what is kept of it. It takes processor time, so a few threads of its own do it."""

import asyncio
import hashlib
import io
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from starlette.datastructures import UploadFile

from flowpilot.attachments.kinds import AttachmentRefusedError, judge, safe_name
from flowpilot.attachments.pictures import Picture, draw_again
from flowpilot.http.body_limits import MAX_BYTES
from flowpilot.settings import Settings

CHUNK_BYTES = 256 * 1024
MOST_OF_A_STEP = 10

# How many files of the greatest size one form may carry. A script sends each in a request of its own.
_FILES_AT_ONCE = 4

# As many as draw at once, because each may hold a whole picture in memory.
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="attachments")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file as it is kept. `file` holds its bytes, `picture` what is known of one."""

    name: str
    media_type: str
    file: BinaryIO
    byte_count: int
    sha256: str
    picture: Picture | None = None

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, piece by piece."""
        self.file.seek(0)
        while piece := self.file.read(CHUNK_BYTES):
            yield piece


def most_of_a_request(settings: Settings) -> int:
    """How many bytes a request with files may have."""
    return MAX_BYTES + _FILES_AT_ONCE * settings.attachment_megabytes * 1_000_000


async def prepare(settings: Settings, sent: UploadFile, *, field: str = "file") -> PreparedFile:
    """Judge a file, and draw it again if it is a picture.

    Args:
        settings: say how large it may be.
        sent: as it was uploaded.
        field: in which it was sent.

    Raises:
        AttachmentRefusedError: it cannot be taken, and why.
    """
    most = settings.attachment_megabytes * 1_000_000
    try:
        return await in_drawing_thread(prepare_file, sent.file, sent.filename or "", most)
    except AttachmentRefusedError as error:
        name = f"{sent.filename}: " if sent.filename else ""
        raise AttachmentRefusedError(f"{name}{error.detail}", field) from None


async def in_drawing_thread(work: Callable[..., T], *arguments: object) -> T:
    """Do something that draws pictures, when one of the threads for that is free."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work, *arguments)


def prepare_file(file: BinaryIO, name: str, most: int) -> PreparedFile:
    """The same, of an open file of at most so many bytes."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise AttachmentRefusedError("This file is empty.")
    if size > most:
        raise AttachmentRefusedError(f"This file is larger than {most // 1_000_000} MB, which is the most.")
    kind = judge(file)
    picture = draw_again(file) if kind.is_picture else None
    if picture is not None:
        file, kind = io.BytesIO(picture.content), picture.kind
    return _counted(safe_name(name, kind), kind.media_type, file, picture, most)


def _counted(name: str, media_type: str, file: BinaryIO, picture: Picture | None, most: int) -> PreparedFile:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(CHUNK_BYTES):
        digest.update(piece)
        size += len(piece)
    if size > most:
        raise AttachmentRefusedError("This picture is too large once it is drawn again. Make it smaller.")
    return PreparedFile(name, media_type, file, size, digest.hexdigest(), picture)
