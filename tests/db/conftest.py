"""Embedded servers for tests: fresh, shared, and used by other processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from flowpilot.db.embedded import embedded_postgres
from tests.places import open_directory

HOLD = """
import os, sys
from pathlib import Path
from flowpilot.db.embedded import embedded_postgres

with embedded_postgres(Path(sys.argv[1])) as url:
    if "--fork" in sys.argv:
        ready, told = os.pipe()
        if os.fork() == 0:
            os.write(told, b"1")  # By now it has given up its parent's locks.
            sys.stdin.read()
            os._exit(0)
        os.read(ready, 1)
    print(url, flush=True)
    sys.stdin.read()
"""
Hold = Callable[..., subprocess.Popen[str]]


@contextmanager
def fresh_data_dir() -> Iterator[Path]:
    """A place for a data directory, in which no server is left running even if a test fails."""
    with open_directory() as parent:
        yield parent / "data"
        for left_running in list(parent.rglob("postmaster.pid")):
            with embedded_postgres(left_running.parents[1]):
                pass


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with fresh_data_dir() as directory:
        yield directory


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """The data directory of a server that runs for all the tests that only look at it."""
    with fresh_data_dir() as directory, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWPILOT_SECRET_KEY", "never to be seen by another user")
        with embedded_postgres(directory):
            yield directory


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Hold]:
    """Start processes that use the data directory until their standard input ends."""
    with ExitStack() as stack:

        def start(*options: str) -> subprocess.Popen[str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", HOLD, str(data_dir), *options],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            assert process.stdout.readline().startswith("postgresql://")
            return process

        yield start
