"""The machine on which the figures were measured."""

import os
import platform
from pathlib import Path

import psycopg

_CPU_INFO = Path("/proc/cpuinfo")


def describe_machine(owner_url: str) -> dict[str, str]:
    """The facts that one needs to know to read the figures."""
    with psycopg.connect(owner_url) as connection:
        version = connection.info.parameter_status("server_version")
        buffers, memory, jit = (_setting(connection, name) for name in ("shared_buffers", "work_mem", "jit"))
        size = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    assert size is not None
    return {
        "CPU": f"{_cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": f"{version} (shared_buffers {buffers}, work_mem {memory}, jit {jit})",
        "database": str(size[0]),
    }


def _setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return str(row[0])


def _cpu_model() -> str:
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
