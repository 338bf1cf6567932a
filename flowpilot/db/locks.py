"""File locks that the kernel drops when their process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_held: set[int] = set()


@contextmanager
def file_lock(path: Path, kind: int) -> Iterator[int]:
    """Hold a file lock. It belongs to this one opening of the file: threads count as well as processes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    _held.add(descriptor)
    try:
        fcntl.flock(descriptor, kind)
        yield descriptor
    finally:
        if is_held(descriptor):
            # Closing is not enough while a child of another thread is between fork and exec.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            _held.remove(descriptor)
            os.close(descriptor)


@contextmanager
def lock_for_child(path: Path | None) -> Iterator[tuple[int, ...]]:
    """Descriptors to pass to a child process, which then holds a shared lock on the file as long as it lives."""
    if path is None:
        yield ()
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield (descriptor,)
    finally:
        os.close(descriptor)  # Not unlocked: the lock is also the child's.


def is_held(descriptor: int) -> bool:
    """Whether the lock belongs to this process: a forked child does not have its parent's locks."""
    return descriptor in _held


def _forget_locks() -> None:
    """A forked child gives up the locks, which it would otherwise hold after its parent's death."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_forget_locks)
