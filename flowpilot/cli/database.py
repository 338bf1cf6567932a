"""`flowpilot db`: the database, from the operator's side."""

import asyncio
import sys
import uuid
from collections import Counter
from typing import Annotated

import psycopg
import typer
from rich.progress import track

from flowpilot.cli.common import errors
from flowpilot.cli.connection import new_database, open_database, read_database
from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import database
from flowpilot.db.session import Database
from flowpilot.handoffs import derived as handoffs
from flowpilot.migrations.spread.running import spread
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.repair import notify_of_missed, repair_jobs
from flowpilot.sessions import derived as sessions
from flowpilot.sessions.days import rolling as days
from flowpilot.sessions.search import filling as search
from flowpilot.settings import get_settings
from flowpilot.wiring import wire_features

app = typer.Typer(help="Manage the database.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the group to the command line."""
    parent.add_typer(app, name="db")


@app.command()
def upgrade() -> None:
    """Create or migrate the tables, and the runtime role with its privileges."""
    with new_database():
        errors.print(f"The database is at revision {newest_revision()}.")


@app.command()
def url() -> None:
    """Print the owner's connection URL. An embedded database answers only while a FlowPilot command runs."""
    with database(get_settings(), create=False) as urls:
        sys.stdout.write(urls.owner + "\n")


# What is said of each kind of thing that was corrected.
_CORRECTIONS = {
    "sessions": "Corrected {} sessions.",
    "handoffs": "Corrected {} handoffs.",
    "texts": "Wrote the words of {} sessions again, by which they are found.",
    "days": "Summed up {} days again.",
    "jobs": "Enqueued {} jobs again that the queue had lost.",
    "events": "Notified people of {} events of which nobody had been notified.",
    "busy": "Left the days of {} accounts to the job that is summing them up.",
}


@app.command()
def reconcile() -> None:
    """Recompute every derived value from its source rows, make lost jobs again, and say what was corrected."""
    found = Counter[str]()
    with open_database() as urls:
        accounts = _accounts(urls.owner)
        for account_id in track(accounts, description="Accounts", console=errors, transient=True):
            with account_transaction(urls.runtime, account_id) as connection:
                found["sessions"] += sessions.reconcile(connection, account_id)
                found["handoffs"] += handoffs.reconcile(connection, account_id)
                found["texts"] += search.fill(connection, account_id)
                found["days"] += days.reconcile(connection, account_id)
            found["jobs"] += repair_jobs(urls.runtime, account_id, now())
            found["busy"] += not _sum_up(urls.runtime, account_id)
        found["events"] = asyncio.run(_notify_of_missed(urls.runtime, accounts))
    for kind, sentence in _CORRECTIONS.items():
        if found[kind]:
            sys.stdout.write(sentence.format(found[kind]) + "\n")
    if not found.total():
        sys.stdout.write(f"Nothing to change in {len(accounts)} accounts.\n")


def _accounts(owner_url: str) -> list[uuid.UUID]:
    with psycopg.connect(owner_url) as owner:
        return [id_ for (id_,) in owner.execute("SELECT id FROM accounts ORDER BY id")]


@app.command()
def distribute(
    check: Annotated[bool, typer.Option("--check", help="Only print the statements that would be run.")] = False,
) -> None:
    """Spread the accounts over the machines of a Citus cluster, or go on with it. Each statement is printed."""
    settings = get_settings()
    with read_database() as urls:
        admin = urls.owner
        if settings.admin_database_url is not None:
            admin = settings.admin_database_url.get_secret_value()
        count = spread(
            urls.owner, admin, is_check=check, say=lambda statement: sys.stdout.write(f"{statement};\n")
        )
    errors.print(f"{count} statements {'are to be run' if check else 'were run'}." if count else "Nothing to do.")


async def _notify_of_missed(url: str, accounts: list[uuid.UUID]) -> int:
    wire_features()
    database, by_email = Database(url), get_settings().smtp_host is not None
    try:
        return sum([await notify_of_missed(database, one, now(), by_email=by_email) for one in accounts])
    finally:
        await database.close()


def _sum_up(url: str, account_id: uuid.UUID) -> bool:
    """Sum up the account's days with news, unless something else is doing so all the time."""
    try:
        days.roll(url, account_id)
    except days.Collision:
        return False
    return True
