"""The real server, as an operator would start it, and the keys its callers need."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.identity.actor import Role
from flowpilot.identity.keys import create_key
from flowpilot.settings import Settings

_LISTENS = re.compile(r"listens on (http://\S+)")


def bench_settings(data_dir: Path) -> Settings:
    """Settings of the benchmark's own installation, whatever the environment says about another one."""
    return Settings(data_dir=data_dir, database_url=None, runtime_database_url=None)


@contextmanager
def temporary_settings() -> Iterator[Settings]:
    """Settings of an installation that is removed afterwards."""
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o711)  # The user who runs PostgreSQL for root passes through.
        yield bench_settings(Path(parent) / "data")


@contextmanager
def running_server(data_dir: Path, *, workers: int = 1, limits: str | None = None) -> Iterator[str]:
    """`flowpilot serve` in its own process, or with several that count limits there; yields its address."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLOWPILOT_")}
    environment |= {} if limits is None else {"FLOWPILOT_LIMIT_STORAGE": limits}
    process = subprocess.Popen(  # noqa: S603 (our own command)
        [str(Path(sys.executable).with_name("flowpilot")), "serve", "--port", "0", "--workers", str(workers)],
        env={**environment, "FLOWPILOT_DATA_DIR": str(data_dir)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        address = _address(process.stderr)
        # Somebody has to keep reading, or a server with a long log would wait for room in the pipe.
        threading.Thread(target=sys.stderr.writelines, args=[process.stderr], daemon=True).start()
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _address(output: IO[str]) -> str:
    said = []
    for line in output:
        said.append(line)
        if found := _LISTENS.search(line):
            return found[1]
    raise RuntimeError(f"The server did not start:\n{''.join(said)}")


def create_keys(runtime_url: str, accounts: Sequence[uuid.UUID]) -> list[str]:
    """An owner's API key for each account in the list; two for an account that is listed twice."""

    async def create() -> list[str]:
        database = Database(runtime_url, pool_size=1)
        secrets = []
        for account_id in accounts:
            async with database.write(account_id) as db:
                secrets.append((await create_key(db, account_id, None, Role.OWNER, now=now(), name="bench"))[1])
        await database.close()
        return secrets

    return asyncio.run(create())


def bearer(key: str) -> dict[str, str]:
    """The headers of a request with that key."""
    return {"Authorization": f"Bearer {key}"}
