"""The `flowpilot` command: one module for each group of commands, over the same functions as the API."""

import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer
from typer.main import get_command

from flowpilot import __version__
from flowpilot.cli.commands import LazyGroup
from flowpilot.cli.common import EXIT_FAILED, EXIT_USAGE, fail, state
from flowpilot.errors import FlowPilotError


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"{__version__}\n")
        raise typer.Exit


app = typer.Typer(
    name="flowpilot",
    cls=LazyGroup,
    help="Guided troubleshooting, escalation handoffs and honest analytics for a help desk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""
    state.debug = debug


def all_commands() -> LazyGroup:
    """The command line with every command loaded, for its reference and its tests."""
    root = get_command(app)
    assert isinstance(root, LazyGroup)
    return root.load_all()


def main() -> None:
    """Run the command line: exit status 0, 1 for a failure, 2 for wrong usage."""
    # A plain SIGTERM would end the process without releasing the embedded database.
    signal.signal(signal.SIGTERM, _leave)
    try:
        sys.exit(app(standalone_mode=False))
    except typer.Abort:
        sys.exit(EXIT_FAILED)
    except typer.TyperException as error:
        _fail_usage(error)
        sys.exit(EXIT_USAGE)
    except Exception as error:
        if state.debug:
            raise
        fail(_sentence(error))
        sys.exit(EXIT_FAILED)


def _fail_usage(error: typer.TyperException) -> None:
    context = getattr(error, "ctx", None)
    sentence = getattr(error, "format_message", error.__str__)()
    # A group called with no command raises its help, which has been printed by then.
    if sentence.strip():
        fail(f"{sentence.rstrip('.')}. See: {context.command_path if context else 'flowpilot'} --help")


def _leave(signal_number: int, _: FrameType | None) -> NoReturn:
    sys.exit(128 + signal_number)


def _sentence(error: Exception) -> str:
    if isinstance(error, FlowPilotError):
        return error.detail
    first_line = str(error).strip().splitlines()[0] if str(error).strip() else "no message"
    return f"{type(error).__name__}: {first_line} (run again with --debug for the traceback)"
