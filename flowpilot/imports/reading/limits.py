"""How much of a file a preview reads: its first rows, for a while."""

import io
import time
from collections.abc import Callable
from threading import Event
from typing import IO, Any

from flowpilot.imports.reading.errors import LogFileError


class PreviewTooLongError(LogFileError):
    """A preview of the file takes too long."""


class PreviewLimit:
    """How many rows of a file are read, and for how long. It can be stopped before."""

    def __init__(self, most_rows: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most_rows, self.seconds = most_rows, seconds
        self._clock, self._until, self._stopped = clock, clock() + seconds, Event()

    @property
    def seconds_left(self) -> float:
        """How many seconds are left; never less than none."""
        return 0.0 if self._stopped.is_set() else max(0.0, self._until - self._clock())

    def stop(self) -> None:
        """End the preview: nobody waits for it any more."""
        self._stopped.set()

    def check(self) -> None:
        """Make sure that there is time left.

        Raises:
            PreviewTooLongError: there is none.
        """
        if not self.seconds_left:
            raise PreviewTooLongError(
                f"Looking at the file took longer than {self.seconds:.0f} seconds, and was stopped."
                " Export fewer months or fewer columns, or save a spreadsheet as CSV. On the server,"
                " `flowpilot import FILE --dry-run` looks at it without a limit."
            )

    def wrap(self, file: IO[bytes]) -> IO[bytes]:
        """The file, each read of which first makes sure that there is time left."""
        return io.BufferedReader(_Timed(file, self))


class _Timed(io.RawIOBase):
    """A file that is read while there is time."""

    def __init__(self, file: IO[bytes], limit: PreviewLimit) -> None:
        self._file, self._limit = file, limit

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._limit.check()
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()
