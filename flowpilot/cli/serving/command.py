"""`flowpilot serve`: the server."""

from typing import Annotated

import psycopg
import typer

from flowpilot.cli.common import errors
from flowpilot.cli.connection import has_demo_accounts, new_database
from flowpilot.cli.serving.options import HostOption, PortOption
from flowpilot.cli.serving.server import run_server
from flowpilot.cli.serving.workers import check_workers, run_workers

_DEMO_WARNING = (
    "This database holds the demo accounts, whose password is public. "
    "For real work, use another FLOWPILOT_DATA_DIR or database."
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(serve)


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Also run jobs (notifications, leases) in this process.")
    ] = True,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=64,
            help="Processes that answer requests on this port; the first of them also runs jobs. "
            "More than 1 need FLOWPILOT_LIMIT_STORAGE.",
        ),
    ] = 1,
) -> None:
    """Serve FlowPilot until stopped."""
    check_workers(workers)
    with new_database() as urls:
        if has_demo_accounts(urls.owner):
            errors.print(f"[yellow]warning:[/] {_DEMO_WARNING}", soft_wrap=True)
        is_first_run = not _has_accounts(urls.owner)
        if workers == 1:
            run_server(urls, host, port, with_worker=with_worker, is_first_run=is_first_run)
        else:
            run_workers(workers, urls, host, port, with_worker=with_worker, is_first_run=is_first_run)


def _has_accounts(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        return connection.execute("SELECT FROM accounts LIMIT 1").rowcount > 0
