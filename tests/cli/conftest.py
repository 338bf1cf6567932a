"""The command line as its users run it: a process of its own, on the tests' database."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings

Run = Callable[..., subprocess.CompletedProcess[bytes]]

COMMAND = Path(sys.executable).with_name("flowpilot")


# Of this machine: where programs are, and the code beside these tests, no matter what is installed.
HERE = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "LANG": "C.UTF-8",
    "COLUMNS": "120",
}


@pytest.fixture(scope="session")
def environment(settings: Settings, urls: DatabaseUrls) -> dict[str, str]:
    """What a process needs to find the tests' database, which runs for as long as the tests do."""
    assert settings.secret_key is not None
    return {
        **HERE,
        "FLOWPILOT_DATA_DIR": str(settings.data_dir),
        "FLOWPILOT_SECRET_KEY": settings.secret_key.get_secret_value(),
    }


@pytest.fixture(scope="session")
def flowpilot(environment: dict[str, str]) -> Run:
    """Run a command to its end."""

    def run(*words: object, stdin: str = "", **more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [COMMAND, *map(str, words)],
            input=stdin.encode(),
            capture_output=True,
            env=environment | more,
            check=False,
            timeout=120,
        )

    return run
