"""The command line starts fast: it knows every command, and imports only the one that is called."""

import subprocess
import sys
from pathlib import Path

import pytest

import flowpilot.cli
from flowpilot.cli.commands import LazyGroup

LISTED = LazyGroup()


@pytest.mark.parametrize("name", LISTED.commands)
def test_the_help_of_the_list_is_that_of_the_command(name: str) -> None:
    assert LISTED.commands[name].help == LISTED.load(name).help


def test_the_list_is_complete() -> None:
    folder = Path(flowpilot.cli.__file__).parent
    files = [path for path in folder.rglob("*.py") if "def register(" in path.read_text()]
    modules = {".".join(["flowpilot.cli", *path.relative_to(folder).with_suffix("").parts]) for path in files}
    assert modules == {LISTED.module_of(name) for name in LISTED.commands}


def test_the_help_imports_no_feature() -> None:
    code = (
        "import sys, flowpilot.cli; print(*sorted(name for name in sys.modules if name.startswith('flowpilot')))"
    )
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
    assert imported.split() == [
        "flowpilot",
        "flowpilot.cli",
        "flowpilot.cli.commands",
        "flowpilot.cli.common",
        "flowpilot.errors",
    ]
