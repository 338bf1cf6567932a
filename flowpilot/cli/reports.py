"""`flowpilot report`: the reports in the terminal, as JSON and as CSV."""

import sys
import uuid
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from flowpilot.analytics.dimensions.narrowing import Dimensions, PriorityName
from flowpilot.analytics.dimensions.requests import require_shown_by_person
from flowpilot.analytics.flow_quality import FlowSort, flow_quality
from flowpilot.analytics.period import Period, window
from flowpilot.analytics.reports import REPORTS, to_json
from flowpilot.analytics.schemas import Report
from flowpilot.analytics.tables.flat import to_csv
from flowpilot.cli.common import AccountOption
from flowpilot.cli.connection import read_database, require_account, run
from flowpilot.cli.render import print_report
from flowpilot.clock import now
from flowpilot.db.session import Database

ReportName = StrEnum("ReportName", {name.replace("-", "_").upper(): name for name in REPORTS})  # type: ignore[misc]


class OutputFormat(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("report")(report)


def report(
    name: Annotated[ReportName, typer.Argument(help="Which report.")],
    account: AccountOption,
    period: Annotated[Period | None, typer.Option(help="A window that ends now; 30d by default.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="ISO date or date-time, included.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="ISO date or date-time, not included.")] = None,
    tz: Annotated[str | None, typer.Option(help="IANA zone of days; the account's own by default.")] = None,
    client: Annotated[uuid.UUID | None, typer.Option(help="Only what is for this client.")] = None,
    person: Annotated[uuid.UUID | None, typer.Option(help="Only what this person had a part in.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only this domain of problems: case matters.")] = None,
    flow: Annotated[uuid.UUID | None, typer.Option(help="Only sessions that were matched to this flow.")] = None,
    priority: Annotated[
        PriorityName | None, typer.Option(help="Only handoffs of this priority, and their sessions.")
    ] = None,
    sort: Annotated[FlowSort, typer.Option(help="Order of flow-quality.")] = FlowSort.QUALITY,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="json is the body that the API answers.")
    ] = OutputFormat.TABLE,
    definitions: Annotated[bool, typer.Option("--definitions", help="Explain each figure.")] = False,
) -> None:
    """Print a report."""
    kind = REPORTS[name]
    only = Dimensions(client, person, domain or None, flow, priority)
    run_report = partial(flow_quality, sort=sort) if kind.run is flow_quality else kind.run

    async def work(database: Database) -> Report:
        found = await require_account(database, account)
        if person is not None:
            require_shown_by_person(found.reports_by_person)
        asked = window(
            account,
            now=now(),
            account_timezone=found.timezone,
            period=period,
            from_=from_,
            to=to,
            tz=tz,
        )
        async with database.read(account) as db:
            return await run_report(db, replace(asked, only=only))

    answer = run(work, read_database)
    match output:
        case OutputFormat.JSON:
            sys.stdout.buffer.write(to_json(answer))
        case OutputFormat.CSV:
            sys.stdout.write(to_csv(answer))
        case OutputFormat.TABLE:
            print_report(Console(), kind.title, answer, definitions=definitions)
