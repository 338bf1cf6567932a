"""`flowpilot psa`: the connection to the ticket system, for the operator."""

import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from flowpilot.cli.common import EXIT_FAILED, AccountOption, errors
from flowpilot.cli.connection import require_account, run
from flowpilot.clock import now
from flowpilot.db.session import Database
from flowpilot.psa.client import TIMEOUT_SECONDS
from flowpilot.psa.connections.asking import ask
from flowpilot.psa.connections.checking import check_connection, is_ok
from flowpilot.psa.connections.queries import require_active
from flowpilot.psa.limiter import JOB_PATIENCE
from flowpilot.psa.postings.reconcile import Comparison, Verdict, compare, posted_steps
from flowpilot.psa.provider import Finding, Level
from flowpilot.settings import get_settings

app = typer.Typer(help="Check the ticket system, and what has arrived there.", no_args_is_help=True)

_MARKS = {Level.OK: "[green]ok[/]", Level.WARNING: "[yellow]warning[/]", Level.ERROR: "[bold red]error[/]"}


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="psa")


@app.callback()
def _group() -> None:
    """Check the ticket system, and what has arrived there."""


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


SessionOption = Annotated[uuid.UUID | None, typer.Option("--session", help="Only what this session has posted.")]

SinceOption = Annotated[
    datetime | None,
    typer.Option("--since", formats=["%Y-%m-%d"], help="Only what was sent on this day (UTC) or later."),
]

_SAYINGS = {
    Verdict.ROUNDED: "equal within the unit",
    Verdict.UNSURE: "sent, not seen there yet",
    Verdict.MISSING: "[bold red]not on the ticket[/]",
    Verdict.DIFFERENT: "[bold red]other minutes[/]",
    Verdict.NO_TICKET: "[bold red]the ticket is deleted or cannot be read[/]",
    Verdict.UNREADABLE: "[bold red]the answer cannot be read[/]",
}


@app.command("reconcile")
def reconcile(account: AccountOption, session: SessionOption = None, since: SinceOption = None) -> None:
    """Compare posted notes and minutes with the ticket system.

    The exit status is 1 if there is any difference, or an answer that cannot be read.
    """
    begins = None if since is None else since.replace(tzinfo=UTC)

    async def work(database: Database) -> tuple[str, float, Sequence[Comparison]]:
        await require_account(database, account)
        asking = ask(
            database,
            get_settings(),
            account,
            patience=JOB_PATIENCE,
            timeout_seconds=TIMEOUT_SECONDS,
            deadline_seconds=None,
        )
        async with asking as asked:
            async with database.read(account) as db:
                steps = await posted_steps(db, account, asked.connection.id, session, begins)
            columns = (TextColumn("Comparing"), BarColumn(), MofNCompleteColumn())
            with Progress(*columns, console=errors, transient=True) as bar:
                task = bar.add_task("", total=len(steps))
                comparisons = await compare(asked.provider, steps, lambda: bar.advance(task))
            return asked.connection.name, asked.provider.capabilities.time_unit_seconds, comparisons

    name, unit_seconds, comparisons = run(work)
    _print_comparisons(name, unit_seconds, comparisons)
    if not all(one.is_settled for one in comparisons):
        sys.exit(EXIT_FAILED)


def _print_comparisons(name: str, unit_seconds: float, comparisons: Sequence[Comparison]) -> None:
    console = Console()
    shown = [one for one in comparisons if one.verdict is not Verdict.EQUAL]
    if shown:
        console.print(_table(name, shown))
    differences = sum(one.is_difference for one in comparisons)
    unreadable = sum(one.verdict is Verdict.UNREADABLE for one in comparisons)
    unread = f", not readable: {unreadable}" if unreadable else ""
    console.print(
        f"Compared: {len(comparisons)}, different: {differences}{unread}. {name} keeps time in units of "
        f"{unit_seconds:g} s, so minutes that differ by less are equal.",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _table(name: str, comparisons: Sequence[Comparison]) -> Table:
    table = Table("Ticket", "Session", "What", "FlowPilot", escape(name), "", box=SIMPLE)
    for one in comparisons:
        table.add_row(
            Text(one.step.ticket_id),
            str(one.step.session_id),
            one.step.kind,
            _minutes(one.step.minutes),
            _minutes(one.booked_minutes),
            _SAYINGS[one.verdict],
        )
    return table


def _minutes(minutes: float | None) -> str:
    return "" if minutes is None else f"{minutes:.4g} min"
