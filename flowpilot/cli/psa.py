"""`flowpilot psa`: the connection to the ticket system, for the operator."""

import sys
from collections.abc import Sequence

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from flowpilot.cli.common import EXIT_FAILED, AccountOption
from flowpilot.cli.connection import require_account, run
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.connections.checking import check_connection, is_ok
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.provider import Finding, Level
from flowpilot.settings import get_settings

app = typer.Typer(help="Check the ticket system.", no_args_is_help=True)

_MARKS = {Level.OK: "[green]ok[/]", Level.WARNING: "[yellow]warning[/]", Level.ERROR: "[bold red]error[/]"}


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="psa")


@app.callback()
def _group() -> None:
    """Check the ticket system."""


@app.command("check")
def check(account: AccountOption) -> None:
    """Check an account's connection to its ticket system. The exit status is 1 if there is any error."""

    async def work(database: Database) -> tuple[str, Sequence[Finding]]:
        await require_account(database, account)
        async with database.read(account) as db:
            connection = await require_active(db, account)
        return connection.name, await check_connection(database, get_settings(), account, connection.id, now())

    name, findings = run(work)
    table = Table("", name, box=SIMPLE)
    for finding in findings:
        table.add_row(_MARKS[finding.level], Text(finding.text))
    Console().print(table)
    if not is_ok(findings):
        sys.exit(EXIT_FAILED)
