"""The Redis in which several server processes count together."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_redis() -> Iterator[str]:
    """The URL of a Redis of the tests' own; `make test` installs it."""
    program = shutil.which("redis-server")
    assert program is not None, "Install redis-server (Debian: apt-get install redis-server)."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as directory:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", directory, "--save", ""]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            for line in server.stdout:
                if "Ready to accept connections" in line:
                    break
            try:
                yield f"redis://127.0.0.1:{port}"
            finally:
                server.terminate()
