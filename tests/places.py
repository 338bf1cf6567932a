"""Directories for tests in which PostgreSQL can run, also for root."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_directory() -> Iterator[Path]:
    """A temporary directory that the user who runs PostgreSQL for root can pass through, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        directory.chmod(0o711)
        yield directory
