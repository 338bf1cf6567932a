"""`flowpilot import`: a log of another system, into an account."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID

import typer
from typer.core import TyperGroup

from flowpilot.cli.common import AccountOption, JsonOption
from flowpilot.cli.connection import open_database, read_database
from flowpilot.cli.importing.answers import EqualNumbersOption, answered
from flowpilot.cli.importing.bars import bars
from flowpilot.cli.importing.psa import import_tickets
from flowpilot.cli.importing.words import Reports, in_words, preview_in_words, runs_in_words, undone_in_words
from flowpilot.clock import now
from flowpilot.imports.guess.suggest import suggest_mapping
from flowpilot.imports.loader import import_log
from flowpilot.imports.mapping.loading import load_mapping
from flowpilot.imports.preview import preview_log
from flowpilot.imports.runs import list_runs
from flowpilot.imports.undo import undo_import
from flowpilot.settings import get_settings


class FileByDefault(TyperGroup):
    """A group whose command is `file`, unless one is named: `flowpilot import FILE` is as old as the product."""

    default: ClassVar = "file"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, with the command in front."""
        is_named = not args or args[0] in self.commands or args[0] == "--help"
        return super().parse_args(ctx, args if is_named else [self.default, *args])


app = typer.Typer(cls=FileByDefault, help="Import logs of other systems.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to the command line."""
    parent.add_typer(app, name="import")


@app.command("file")
def import_file(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, spreadsheet, JSON or XES, plain or packed.")
    ],
    mapping: Annotated[str, typer.Option(help="A shipped mapping (servicenow), or a .toml file of your own.")],
    account: AccountOption,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be made, and write nothing.")
    ] = False,
    leave_out_unusable: Annotated[
        bool,
        typer.Option(
            "--leave-out-unusable", help="Leave out tickets with rows that cannot be used, and say which."
        ),
    ] = False,
    system: Annotated[
        str | None,
        typer.Option(help="The ticket system that the file is from, if the mapping does not say it: zendesk_eu."),
    ] = None,
    equal_numbers: EqualNumbersOption = None,
) -> None:
    """Import a log, all of it or nothing. Importing the same file again changes nothing.

    The word "file" may be left out: flowpilot import FILE …
    """
    rules = load_mapping(mapping)
    if leave_out_unusable:
        rules = rules.leaving_out(unusable=True)
    rules = answered(rules, equal_numbers, system)
    with open_database() as urls, bars() as on_progress:
        if dry_run:
            found = preview_log(urls.runtime, account, file, rules, now=now(), progress=on_progress)
            text = preview_in_words(file.name, found, rules.times.zone)
        else:
            done = import_log(urls.runtime, account, file, rules, now=now(), progress=on_progress)
            text = in_words(file.name, done, Reports(account, get_settings().public_url))
    sys.stdout.write(text + "\n")


app.command("psa")(import_tickets)


@app.command("suggest")
def suggest(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV, spreadsheet, JSON or XES, plain or packed.")
    ],
    zone: Annotated[str, typer.Option(help="The zone of times that state none, as in Europe/Berlin.")] = "UTC",
) -> None:
    """Print a mapping for a file, made by looking at it: read it, correct it, and try it with --dry-run."""
    sys.stdout.write(suggest_mapping(file, zone))


@app.command("list")
def list_imports(account: AccountOption, as_json: JsonOption = False) -> None:
    """List an account's imports, the newest first."""
    with read_database() as urls:
        runs = list_runs(urls.runtime, account)
    if as_json:
        sys.stdout.write(json.dumps([asdict(run) for run in runs], default=str) + "\n")
    else:
        sys.stdout.write(runs_in_words(runs) + "\n")


@app.command("undo")
def undo(run: Annotated[UUID, typer.Argument(help="The import's id.")], account: AccountOption) -> None:
    """Remove exactly what an import brought, also when others followed.

    Sessions with which somebody has worked since stay.
    """
    with open_database() as urls:
        undone = undo_import(urls.owner, account, run, now=now())
    sys.stdout.write(undone_in_words(undone) + "\n")
