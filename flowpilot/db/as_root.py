"""What root needs for the embedded PostgreSQL, which refuses to run as root.

It runs as a user of its own, who must be able to read the binaries and to pass through the directories above the
data. The mode of an existing directory is never changed.
"""

import fcntl
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from flowpilot.db.locks import file_lock
from flowpilot.errors import FlowPilotError
from flowpilot.settings import ROOT_HOME

SYSTEM_USER = "flowpilot"
_PASSABLE = 0o711


class RootError(FlowPilotError):
    """Root cannot run PostgreSQL like this."""


def system_account() -> tuple[int, int]:
    """The ids of the user and group that run PostgreSQL for root. The user is created if it is missing."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)[2:4]
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    reason = ""
    try:
        reason = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603
        # Looked up even if useradd failed: another process may have been faster.
        return pwd.getpwnam(SYSTEM_USER)[2:4]
    except (OSError, KeyError) as error:
        raise RootError(
            f"PostgreSQL refuses to run as root, and its user {SYSTEM_USER} cannot be created "
            f"({reason.strip() or error}): create the user, or run FlowPilot as an ordinary user."
        ) from error


def check_passable(directory: Path, uid: int, gid: int) -> None:
    """Make sure that the user can pass through a directory and those above it, as far as they exist.

    Raises:
        RootError: one of them is closed to the user.
    """
    for place in (directory, *directory.parents):
        if place.exists() and not _can_pass(place, uid, gid):
            raise RootError(
                f"PostgreSQL runs as the user {SYSTEM_USER}, who cannot pass through {place} to {directory}. Set "
                "FLOWPILOT_DATA_DIR to another directory (and move the data there), run FlowPilot "
                f"as an ordinary user, or allow it: chmod o+x {shlex.quote(str(place))}"
            )


def make_passable(directory: Path) -> Path:
    """Create a directory and those above it, as far as they are missing, so that every user can pass through."""
    missing = [place for place in (directory, *directory.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        place.chmod(_PASSABLE)  # Whatever the umask is.
    return directory


def binaries_place() -> Path:
    """Where the binaries are copied to.

    Raises:
        RootError: it belongs to another user, who could replace the binaries.
    """
    make_passable(ROOT_HOME)
    owner = ROOT_HOME.stat().st_uid
    if owner != os.geteuid():
        raise RootError(
            f"{ROOT_HOME} belongs to the user {user_name(owner)}: run FlowPilot as that user, not as root."
        )
    return make_passable(ROOT_HOME / "binaries")


def user_name(uid: int) -> str:
    """A user's name, for an error message."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"with id {uid}"


@contextmanager
def readable_copy(parts: Sequence[Path], version: str, place: Path) -> Iterator[tuple[Path, Path]]:
    """A copy of these directories, side by side, that every user can read. It is made once for each version.

    It stays as long as a process holds a shared lock on the second path, as this context does. Unlocked copies of
    other versions are removed.
    """
    copy = place / version
    in_use = copy / "in_use"
    with ExitStack() as stack:
        with file_lock(place / "lock", fcntl.LOCK_EX):
            for other in sorted(place.iterdir()):
                if other.is_dir() and other != copy:
                    _remove_unused(other)
            if not copy.exists():
                _copy(parts, copy)
            stack.enter_context(file_lock(in_use, fcntl.LOCK_SH))
        yield copy, in_use


def _can_pass(directory: Path, uid: int, gid: int) -> bool:
    status = directory.stat()
    is_owner, is_group = status.st_uid == uid, status.st_gid == gid
    return bool(status.st_mode & (stat.S_IXUSR if is_owner else stat.S_IXGRP if is_group else stat.S_IXOTH))


def _copy(parts: Sequence[Path], copy: Path) -> None:
    """Copy to a draft, and rename it once all is on the disk, so that a copy appears whole or not at all."""
    draft = Path(tempfile.mkdtemp(prefix=".new-", dir=copy.parent))
    try:
        for part in parts:
            shutil.copytree(part, draft / part.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        os.sync()
        draft.rename(copy)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise RootError(
            f"PostgreSQL cannot be copied to {copy}, where {SYSTEM_USER} can read it: {error}."
        ) from error


def _remove_unused(copy: Path) -> None:
    """Remove a copy, or what is left of an earlier removal, unless it is in use."""
    with suppress(BlockingIOError), file_lock(copy / "in_use", fcntl.LOCK_EX | fcntl.LOCK_NB):
        if not copy.name.startswith("."):
            # So that half a copy never looks like a whole one.
            copy = copy.rename(copy.with_name(f".old-{copy.name}"))
        shutil.rmtree(copy)
