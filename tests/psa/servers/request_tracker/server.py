"""The real Request Tracker, from Debian's packages: on a port of this machine, with all its data in one directory.

Its database is made once in a run and copied for each start. Nothing of /etc or /var is used.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from mailbox import mbox
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pytest

from flowpilot.db.locks import file_lock

_HERE = Path(__file__).parent
_PROGRAM = Path("/usr/share/request-tracker5/libexec/rt-server")
_SET_UP = "/usr/sbin/rt-setup-database-5"
_WORKERS = 2


@dataclass
class RequestTrackerServer:
    """Request Tracker on a port. It can be stopped and started again there, with all that it has stored."""

    directory: Path
    tokens: Mapping[str, str]
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None
    # All its processes hold the other end, so it is read to its end when the last of them is gone.
    _lives: BinaryIO | None = None

    @property
    def url(self) -> str:
        """The address that people open."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # A process that dies closes first what it opened last, so the port is free when the pipe is at its end.
        lives, held = os.pipe()
        # It inherits a port that is open already, so the first request waits in line until it is ready.
        with (
            socket.create_server(("127.0.0.1", self.port)) as listening,
            (self.directory / "log").open("ab") as log,
        ):
            self.port = listening.getsockname()[1]
            handed_over = {"SERVER_STARTER_PORT": f"127.0.0.1:{self.port}={listening.fileno()}"}
            self._process = subprocess.Popen(
                [_PROGRAM, "--max-workers", str(_WORKERS)],
                env=_variables(self.directory, self.port) | handed_over,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(held, listening.fileno()),
                start_new_session=True,
            )
        os.close(held)
        self._lives = os.fdopen(lives, "rb")
        assert self.call("GET", "/rt")["Version"].startswith("5.")

    def stop(self) -> None:
        """Stop it as an operator does: what it is doing, it finishes."""
        # As root it would change the owner of what Debian has installed, were it told so by SIGINT.
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and all its workers, whatever they are doing."""
        self._end(signal.SIGKILL)

    def call(self, method: str, path: str, data: Any = None, *, who: str = "root") -> Any:
        """What REST2 answers to somebody of the desk."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Authorization": f"token {self.tokens[who]}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps(data)
        connection.request(method, f"/REST/2.0{path}", body=body, headers=headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        assert answer.status < 400, f"{method} {path}: {answer.status} {said.decode()}"
        return json.loads(said) if said else None

    def letters(self) -> list[Message]:
        """The e-mails that it has sent."""
        letters: list[Message] = []
        for path in sorted((self.directory / "var").glob("*.mbox")):
            with closing(mbox(path)) as box:
                letters += box
        return letters

    def _end(self, how: signal.Signals) -> None:
        if self._process is None or self._lives is None:
            return
        if how is signal.SIGKILL:
            os.killpg(self._process.pid, how)
        else:
            self._process.send_signal(how)
        self._process.wait()
        with self._lives:
            self._lives.read()
        self._process = self._lives = None


@contextmanager
def request_tracker(run: Path) -> Iterator[RequestTrackerServer]:
    """A Request Tracker with a desk, until the context ends.

    Args:
        run: a directory that all workers of this test run share.
    """
    with TemporaryDirectory(prefix="flowpilot-rt-") as name:
        directory = Path(name) / "rt"
        _copy_desk(run, directory)
        tokens = dict(line.split() for line in (directory / "tokens").read_text().splitlines())
        server = RequestTrackerServer(directory, tokens)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _copy_desk(run: Path, directory: Path) -> None:
    if not _PROGRAM.exists():
        pytest.fail("Request Tracker is not installed. Run make test, which installs it or says what to install.")
    made = run / "request_tracker"
    with file_lock(run / "request_tracker.lock", fcntl.LOCK_EX):
        if not made.exists():
            draft = run / "request_tracker_draft"
            for part in ("mason", "session", "var"):
                (draft / part).mkdir(parents=True)
            for action in (["init", "--skip-create"], ["insert", "--datafile", str(_HERE / "desk.initialdata")]):
                subprocess.run(
                    [_SET_UP, "--action", *action],
                    env=_variables(draft, 0),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=True,
                )
            draft.rename(made)
    shutil.copytree(made, directory)


def _variables(directory: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "RT_SITE_CONFIG": str(_HERE / "site_config.pm"),
        "RT_SITE_CONFIG_DIR": os.devnull,
        "FLOWPILOT_RT_DIRECTORY": str(directory),
        "FLOWPILOT_RT_PORT": str(port),
    }
