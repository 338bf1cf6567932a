"""`flowpilot worker`: jobs, in a process of their own."""

import asyncio
import contextlib
from functools import partial

import typer

from flowpilot.cli.common import errors
from flowpilot.cli.connection import open_database, with_connections
from flowpilot.db.session import Database
from flowpilot.db.watch import keep_running
from flowpilot.imports.uploads.leftovers import keep_removing
from flowpilot.settings import get_settings
from flowpilot.supervisor import Supervisor, Up
from flowpilot.worker import work


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(worker)


def worker() -> None:
    """Run jobs (notifications, leases, idle sessions) until stopped, beside servers started with --no-worker."""
    settings = get_settings()

    async def run_jobs(database: Database) -> None:
        supervisor = Supervisor()
        if urls.embedded_in is not None:
            supervisor.add("postgresql", partial(keep_running, urls.embedded_in, urls.runtime))
        is_up = asyncio.Event()

        async def keep_working(up: Up) -> None:
            def say_up() -> None:
                is_up.set()
                up()

            await work(settings, urls.runtime, database, say_up)

        supervisor.add("jobs", keep_working)
        supervisor.add("leftovers", partial(keep_removing, settings))
        async with supervisor.running():
            await is_up.wait()
            errors.print("Waiting for jobs (stop with Ctrl-C).")
            await asyncio.Event().wait()

    with open_database() as urls, contextlib.suppress(KeyboardInterrupt, SystemExit):
        asyncio.run(with_connections(urls.runtime, run_jobs, pool_size=settings.database_pool_size))
