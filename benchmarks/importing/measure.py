"""Measure imports: how many rows a second, what they cost this process and the server, and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg

from benchmarks.build import create_accounts
from benchmarks.importing.log import write_log
from benchmarks.server import temporary_settings
from flowpilot.clock import now
from flowpilot.migrations.opening import migrated_database

AIM_ROWS_PER_SECOND = 20_000
# A first import, and one of a log that is so many times as long, against a later one.
AIM_FIRST, AIM_MEMORY, LONGER = 1.2, 1.2, 4
_BLOCK = 2**16
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class ImportCost:
    """One import. `plain_seconds` is how long PostgreSQL takes for the file alone, in the same minute.

    `server_cpu_seconds` is None where the system does not say.
    """

    what: str
    rows: int
    seconds: float
    own_cpu_seconds: float
    server_cpu_seconds: float | None
    before_mb: float
    peak_mb: float
    plain_seconds: float

    @property
    def rows_per_second(self) -> float:
        """How many rows a second it brought."""
        return self.rows / self.seconds

    @property
    def against_plain(self) -> float:
        """How many times as long it took as copying the file into a table without indexes."""
        return self.seconds / self.plain_seconds


def measure_imports(cases: int, log: Path | None = None) -> list[ImportCost]:
    """Import a log into an empty installation, into a second account, and one that is longer into a third.

    Args:
        cases: how many cases the log has that is made for it.
        log: one to import instead, whose columns are those of ServiceNow. The longer one is made all the same.
    """
    with temporary_settings() as settings, tempfile.TemporaryDirectory() as folder:
        short, long = log or Path(folder) / "short.csv", Path(folder) / "long.csv"
        if log is None:
            write_log(short, cases)
        write_log(long, LONGER * cases)
        with migrated_database(settings) as urls:
            accounts = create_accounts(urls, 3, now())
            logs = (("the first", short), ("a later one", short), (f"{LONGER} times the cases", long))
            pairs = zip(logs, accounts, strict=True)
            return [_imported(urls.runtime, account, what, file) for (what, file), account in pairs]


def _imported(url: str, account: UUID, what: str, file: Path) -> ImportCost:
    with psycopg.connect(url) as connection:
        plain = _plain_seconds(connection, file)
        postmaster = _parent(connection.info.backend_pid)
    before = _cpu_seconds(postmaster)
    command = [sys.executable, "-m", "benchmarks.importing.process", url, str(account), str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - It is our own.
    after = _cpu_seconds(postmaster)
    server = None if before is None or after is None else after - before
    return ImportCost(what, server_cpu_seconds=server, plain_seconds=plain, **json.loads(answer.stdout))


def _plain_seconds(connection: psycopg.Connection, file: Path) -> float:
    """How long it takes to copy the rows of a CSV file into a table, three times at best."""
    with file.open(encoding="utf-8") as opened:
        columns = ", ".join(f'"{name}" text' for name in opened.readline().strip().split(","))
    taken = []
    for _ in range(3):
        connection.execute(f"CREATE TEMP TABLE plain ({columns}) ON COMMIT DROP".encode())
        started = time.perf_counter()
        copying = connection.cursor().copy("COPY plain FROM STDIN (FORMAT csv, HEADER)")
        with file.open("rb") as opened, copying as copy:
            while block := opened.read(_BLOCK):
                copy.write(block)
        taken.append(time.perf_counter() - started)
        connection.rollback()
    return min(taken)


def _parent(pid: int) -> int | None:
    stat = _stat(pid)
    return None if stat is None else int(stat[1])


def _cpu_seconds(pid: int | None) -> float | None:
    """What a process and its children that have ended have taken of the CPU; None if it is not known."""
    stat = None if pid is None else _stat(pid)
    return None if stat is None else sum(map(int, stat[11:15])) / _TICKS


def _stat(pid: int) -> Sequence[str] | None:
    """The fields of a process after its name, where the system has them."""
    place = Path(f"/proc/{pid}/stat")
    return place.read_text().rpartition(")")[2].split() if place.exists() else None
