"""The `flowpilot` command: one module a group of commands, over the same verbs as the API."""

import signal
import sys
from types import FrameType
from typing import NoReturn

import typer

from flowpilot.cli import accounts, database, demo, importing, reports, serve
from flowpilot.cli.common import EXIT_FAILED, fail, state
from flowpilot.errors import FlowPilotError

app = typer.Typer(
    name="flowpilot",
    help="Guided troubleshooting, escalation handoffs and honest analytics for a help desk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def options(debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error.")) -> None:
    """Options of every command."""
    state.debug = debug


for group in (serve, demo, importing, reports, accounts, database):
    group.register(app)


def main() -> None:
    """Run the command line: exit status 0, 1 when it failed, 2 when it was called wrongly."""
    # A plain SIGTERM would end the process without giving the embedded database back.
    signal.signal(signal.SIGTERM, _leave)
    try:
        app()
    except Exception as error:
        if state.debug:
            raise
        fail(_sentence(error))
        sys.exit(EXIT_FAILED)


def _leave(signal_number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + signal_number)


def _sentence(error: Exception) -> str:
    if isinstance(error, FlowPilotError):
        return error.detail
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
    return f"{type(error).__name__}: {first_line} (run again with --debug for the traceback)"
