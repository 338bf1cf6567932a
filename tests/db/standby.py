"""A streaming standby of an embedded server, made with the server's own programs."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from flowpilot.db import embedded
from flowpilot.db.location import PORT, Server, locate
from tests.db.servers import kill

_OWNER = "flowpilot_owner"
_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Standby:
    """A standby that tests may stop, kill and pause. `url` names neither role nor database."""

    server: Server

    @property
    def _place(self) -> str:
        return f"?host={quote(str(self.server.sockets), safe='')}&port={PORT}"

    @property
    def url(self) -> str:
        return f"postgresql:///{self._place}"

    @property
    def owner_url(self) -> str:
        return f"postgresql://{_OWNER}@/flowpilot{self._place}"

    def start(self) -> None:
        """Start it. One that was killed is in the way for a moment."""
        embedded._make_private(self.server.sockets, self.server.uid, self.server.gid)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            embedded._start(self.server, deadline)

    def _answers(self) -> bool:
        try:
            return self.ask("SELECT 1") == (1,)
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """Stop it at once, if it runs."""
        if (self.server.cluster / "postmaster.pid").exists():
            embedded._run(self.server, "pg_ctl", "stop", "--silent", "--mode=immediate")

    def kill(self) -> None:
        kill(int((self.server.cluster / "postmaster.pid").read_text().splitlines()[0]))

    def ask(self, statement: str) -> tuple[object, ...]:
        """The first row that the owner gets there."""
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Nothing is replayed in this block."""
        self.ask("SELECT pg_wal_replay_pause()")
        while self.ask("SELECT pg_get_wal_replay_pause_state()") != ("paused",):
            pass
        yield
        self.ask("SELECT pg_wal_replay_resume()")


@contextmanager
def standby_of(primary: Path, data_dir: Path) -> Iterator[Standby]:
    """A standby in `data_dir` of the embedded server that runs in `primary`."""
    with locate(primary, create=False) as source, locate(data_dir, create=True) as server:
        embedded._run(
            source,
            "pg_basebackup",
            f"--host={source.sockets}",
            f"--port={PORT}",
            f"--username={_OWNER}",
            f"--pgdata={_draft(server)}",
            "--write-recovery-conf",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--no-sync",
        )
        standby = Standby(server)
        standby.start()
        yield standby
        standby.stop()


def _draft(server: Server) -> Path:
    """Its cluster's directory, empty and its own."""
    server.cluster.mkdir(mode=0o700)
    os.chown(server.cluster, server.uid, server.gid)
    return server.cluster
