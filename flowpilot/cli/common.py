"""What all commands share: options, output and errors. It imports no feature, which keeps every command fast."""

import json
import sys
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

EXIT_FAILED = 1
EXIT_USAGE = 2


@dataclass
class _State:
    debug: bool = False


state = _State()
errors = Console(stderr=True, highlight=False)

AccountOption = Annotated[uuid.UUID, typer.Option("--account", help="The account's id.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object instead of the bare value.")]


def fail(sentence: str) -> None:
    """Print an error to stderr, on one line."""
    errors.print("[bold red]error:[/]", Text(" ".join(sentence.split())), soft_wrap=True)


def print_created(as_json: bool, bare: str, **facts: Any) -> None:
    """Print what was created: the bare value, or a JSON object."""
    sys.stdout.write((json.dumps(facts, default=str) if as_json else bare) + "\n")
