"""`flowpilot import psa`: past tickets of an account's ticket system."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from flowpilot.cli.common import AccountOption, errors
from flowpilot.cli.connection import open_database, with_connections
from flowpilot.cli.importing.answers import EqualNumbersOption
from flowpilot.cli.importing.bars import bars
from flowpilot.cli.importing.words import Reports, fetched_in_words, in_words, preview_in_words
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.imports.progress import OnProgress
from flowpilot.imports.psa.bringing import Fetched, alone, bring, fetch_tickets, preview
from flowpilot.settings import Settings, get_settings


def import_tickets(
    account: AccountOption,
    since: Annotated[
        datetime,
        typer.Option(formats=["%Y-%m-%d"], help="The day since which tickets changed, in the account's zone."),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be made, and write nothing.")
    ] = False,
    equal_numbers: EqualNumbersOption = None,
) -> None:
    """Bring past tickets from the account's ticket system, with their history.

    If it is stopped, the same command goes on where it was. Doing it again brings what has changed.
    """
    settings = get_settings()
    with open_database() as urls, alone(settings, account):
        fetched = _fetch(urls, settings, account, since)
        if equal_numbers is not None:
            fetched = replace(fetched, equal_numbers=equal_numbers.value)
        with bars() as on_progress:
            text = _brought(urls, settings, account, fetched, on_progress, dry_run=dry_run)
    sys.stdout.write("\n".join([text, *fetched_in_words(fetched)]) + "\n")


def _fetch(urls: DatabaseUrls, settings: Settings, account: AccountOption, since: datetime) -> Fetched:
    with errors.status("Fetching tickets …") as status:

        def on_fetched(tickets: int, until: datetime | None) -> None:
            wait = "" if until is None else f", waiting until {until:%H:%M:%S} UTC as the ticket system asks"
            status.update(f"Fetching tickets: {tickets:,}{wait} …")

        async def work(database: Database) -> Fetched:
            asked = (account, since.date())
            return await fetch_tickets(database, settings, urls.runtime, *asked, on_fetched, clock=now)

        return asyncio.run(with_connections(urls.runtime, work, pool_size=4))


def _brought(
    urls: DatabaseUrls,
    settings: Settings,
    account: AccountOption,
    fetched: Fetched,
    on_progress: OnProgress,
    *,
    dry_run: bool,
) -> str:
    nothing = f"{fetched.name}: no tickets to bring."
    if dry_run:
        found = preview(urls.runtime, account, fetched, now=now(), progress=on_progress)
        return nothing if found is None else preview_in_words(fetched.name, found, UTC)
    done = bring(urls.runtime, account, fetched, now=now(), progress=on_progress)
    return nothing if not fetched.tickets else in_words(fetched.name, done, Reports(account, settings.public_url))
