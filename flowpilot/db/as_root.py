"""What root needs for the embedded PostgreSQL, which refuses to run as root.

It runs as a user of its own, who must be able to read the binaries and to pass through the directories above the
data. The mode of a directory that is there already is never changed.
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
    """The ids of the user and group that run PostgreSQL for root; the user is made when missing."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)[2:4]
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    reason = ""
    try:
        reason = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603
        # Looked up whatever useradd says: another process may have been faster.
        return pwd.getpwnam(SYSTEM_USER)[2:4]
    except (OSError, KeyError) as error:
        raise RootError(
            f"PostgreSQL refuses to run as root, and its user {SYSTEM_USER} cannot be created "
            f"({reason.strip() or error}): create the user, or run FlowPilot as an ordinary one."
        ) from error


def check_passable(directory: Path, uid: int, gid: int) -> None:
    """Make sure that the user can pass through a directory and those above it, as far as they are there already.

    Raises:
        RootError: one of them is closed to the user.
    """
    for place in (directory, *directory.parents):
        if place.exists() and not _can_pass(place, uid, gid):
            raise RootError(
                f"PostgreSQL runs as the user {SYSTEM_USER}, who cannot pass through {place} to {directory}. Set "
                "FLOWPILOT_DATA_DIR to a directory elsewhere (and move there what is in this one), run FlowPilot "
                f"as an ordinary user, or allow it: chmod o+x {shlex.quote(str(place))}"
            )


def make_passable(directory: Path) -> Path:
    """Make a directory that everybody can pass through, and those above it, where they are missing."""
    missing = [place for place in (directory, *directory.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(exist_ok=True)
        place.chmod(_PASSABLE)  # Whatever the umask is.
    return directory


def binaries_place() -> Path:
    """Where the binaries are copied to.

    Raises:
        RootError: it belongs to somebody else, who could replace what is run from there.
    """
    make_passable(ROOT_HOME)
    owner = ROOT_HOME.stat().st_uid
    if owner != os.geteuid():
        raise RootError(
            f"{ROOT_HOME} belongs to the user {user_name(owner)}: run FlowPilot as that user, and not as root."
        )
    return make_passable(ROOT_HOME / "binaries")


def user_name(uid: int) -> str:
    """What a user is called, for a sentence."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"with id {uid}"


@contextmanager
def readable_copy(parts: Sequence[Path], version: str, place: Path) -> Iterator[tuple[Path, Path]]:
    """A copy of these directories, side by side, that every user can read, made once for each version.

    It stays for as long as somebody holds a shared lock on its second path, as this context does. Copies of other
    versions are removed when nobody does.
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
    """Copy beside the place and move there when all is on the disk: a copy appears whole or not at all."""
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
    """Remove a copy unless it is in use; what is left of an earlier try is not."""
    with suppress(BlockingIOError), file_lock(copy / "in_use", fcntl.LOCK_EX | fcntl.LOCK_NB):
        if not copy.name.startswith("."):
            # So that half a copy is never taken for a whole one.
            copy = copy.rename(copy.with_name(f".old-{copy.name}"))
        shutil.rmtree(copy)
