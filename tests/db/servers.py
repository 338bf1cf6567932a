"""Looking at embedded servers, and killing them."""

import os
import select
import signal
import stat
from pathlib import Path

import psycopg


def pid_file(data_dir: Path) -> Path:
    return data_dir / "postgres" / "postmaster.pid"


def postmaster(data_dir: Path) -> int:
    return int(pid_file(data_dir).read_text().splitlines()[0])


def is_stopped(data_dir: Path, url: str) -> bool:
    """The server has shut down properly, and nobody answers."""
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return not pid_file(data_dir).exists()
    return False


def kill(pid: int) -> None:
    """Kill without a chance to clean up, and return when the process is dead."""
    process = os.pidfd_open(pid)
    signal.pidfd_send_signal(process, signal.SIGKILL)
    select.select([process], [], [])
    os.close(process)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def open_files(pid: int) -> set[Path]:
    return {descriptor.readlink() for descriptor in Path(f"/proc/{pid}/fd").iterdir()}


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
