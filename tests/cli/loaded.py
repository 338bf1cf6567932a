"""Processes that begin with everything imported: they are forked from one that has imported this module."""

import os
import sys
from pathlib import Path

import scipy.stats  # noqa: F401 - Reports import it when they are asked for.

from flowpilot.cli import all_commands, main

all_commands()


def become(command: list[str], environment: dict[str, str], place: Path) -> None:
    """Be the process that a shell would start."""
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = command
    for number, (name, flags) in enumerate(
        {"stdin": os.O_RDONLY, "stdout": os.O_WRONLY | os.O_CREAT, "stderr": os.O_WRONLY | os.O_CREAT}.items()
    ):
        os.dup2(os.open(place / name, flags), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - It was none; a process has one until it ends.
    main()
