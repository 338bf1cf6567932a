"""`flowpilot serve` with its worker, killed and started again at the same address."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.outgoing.servers import free_port


class KilledServer:
    """A server of a data directory that can be killed whatever it is doing."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir, self._port = data_dir, free_port()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    @property
    def address(self) -> str:
        """Where it answers when it runs."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        outer = {name: value for name, value in os.environ.items() if not name.startswith("FLOWPILOT_")}
        own = {
            "FLOWPILOT_DATA_DIR": str(self._data_dir),
            "FLOWPILOT_ALLOWED_PRIVATE_NETWORKS": "127.0.0.0/8",
        }
        self._process = process = subprocess.Popen(  # noqa: S603 (our own command)
            [str(Path(sys.executable).with_name("flowpilot")), "serve", "--port", str(self._port)],
            env=outer | own,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "listens on" in line:
                # Somebody has to keep reading, or a server with a long log would wait for room in the pipe.
                self._reader = threading.Thread(target=process.stderr.read, daemon=True)
                self._reader.start()
                return
        raise RuntimeError(f"The server did not start:\n{''.join(said)}")

    def kill(self) -> None:
        """End it in the middle of whatever it is doing."""
        if self._process is None or self._reader is None:
            return
        with self._process as process:
            process.kill()
            self._reader.join()
        self._process = self._reader = None


@contextmanager
def killed_server(data_dir: Path) -> Iterator[KilledServer]:
    """A server that runs until the context ends."""
    server = KilledServer(data_dir)
    server.start()
    try:
        yield server
    finally:
        server.kill()
