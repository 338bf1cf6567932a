"""`flowpilot serve --workers 2` as its operator starts it, and each of its processes by itself."""

import os
import re
import select
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.cli.conftest import COMMAND

SOON_SECONDS = 60
_LISTENS = r"listens on (http://\S+)"


@dataclass
class Workers:
    """A server of two processes that share a port."""

    process: "subprocess.Popen[str]"
    address: str = ""

    @property
    def pids(self) -> list[int]:
        """The processes that answer requests."""
        pid = self.process.pid
        return sorted(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def said(self, pattern: str) -> "re.Match[str]":
        """The next line of the log with this in it."""
        assert self.process.stderr is not None
        lines = []
        for line in self.process.stderr:
            lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"Nothing was said of {pattern}: {lines}")

    @contextmanager
    def only(self, pid: int) -> Iterator[None]:
        """Have new connections accepted by this process alone."""
        others = [other for other in self.pids if other != pid]
        for other in others:
            os.kill(other, signal.SIGSTOP)
            # A process is stopped a moment after it was told to; nothing says when.
            while "State:\tT" not in Path(f"/proc/{other}/status").read_text():
                os.sched_yield()
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    @contextmanager
    def client_of(self, pid: int) -> Iterator[httpx2.Client]:
        """A client with one connection, to this process."""
        limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)
        with httpx2.Client(base_url=self.address, limits=limits, timeout=SOON_SECONDS) as client:
            with self.only(pid):
                assert client.get("/healthz").status_code == 200
            yield client

    @contextmanager
    def clients(self) -> Iterator[list[httpx2.Client]]:
        """A client of each process."""
        with ExitStack() as stack:
            yield [stack.enter_context(self.client_of(pid)) for pid in self.pids]

    def stop(self) -> int:
        """The exit status after SIGTERM."""
        self.process.terminate()
        return self.process.wait(SOON_SECONDS)


@contextmanager
def serving(environment: dict[str, str], redis_url: str) -> Iterator[Workers]:
    command = [str(COMMAND), "serve", "--workers", "2", "--port", "0"]
    own = environment | {"FLOWPILOT_LIMIT_STORAGE": redis_url}
    with subprocess.Popen(command, env=own, stderr=subprocess.PIPE, text=True) as process:
        try:
            workers = Workers(process)
            workers.address = workers.said(_LISTENS)[1]
            yield workers
        finally:
            if process.poll() is None:
                process.terminate()


def ends(pid: int) -> "select.poll":
    """What is readable when this process, which need not be ours, has ended."""
    poll = select.poll()
    poll.register(os.pidfd_open(pid), select.POLLIN)
    return poll


def metric(text: str, name: str) -> float:
    """A figure in the text of `/metrics`."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, f"{name} is not in {text}"
    return float(found[1])


def data_of(environment: dict[str, str]) -> Path:
    return Path(environment["FLOWPILOT_DATA_DIR"])
