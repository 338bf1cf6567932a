"""The command line as its users run it: a process of its own, on the tests' database."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flowpilot.db.connect import DatabaseUrls
from flowpilot.settings import Settings
from tests.cli.loaded import become

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
    place = {
        **HERE,
        "FLOWPILOT_DATA_DIR": str(settings.data_dir),
        "FLOWPILOT_SECRET_KEY": settings.secret_key.get_secret_value(),
    }
    return place if settings.database_url is None else {**place, "FLOWPILOT_DATABASE_URL": urls.owner}


def of_its_own(environment: dict[str, str], data_dir: Path) -> dict[str, str]:
    """The environment of another installation, with the embedded database."""
    own = {name: value for name, value in environment.items() if name != "FLOWPILOT_DATABASE_URL"}
    return own | {"FLOWPILOT_DATA_DIR": str(data_dir)}


@pytest.fixture(scope="session")
def flowpilot(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a command to its end, in a process of its own that begins with everything imported.

    Importing takes a second, and there are hundreds of commands here. What an import costs, and that each command
    imports what it needs, is in `test_startup`; the other files start servers as their users do.
    """
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload(["tests.cli.loaded"])

    def run(*words: object, stdin: str = "", **more: str) -> subprocess.CompletedProcess[bytes]:
        command, place = [str(COMMAND), *map(str, words)], tmp_path_factory.mktemp("command")
        (place / "stdin").write_bytes(stdin.encode())
        process = forks.Process(target=become, args=(command, environment | more, place))
        process.start()
        process.join(120)
        assert process.exitcode is not None, f"{command} has not ended"
        written, said = ((place / name).read_bytes() for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(command, process.exitcode, written, said)

    return run
