"""`flowpilot db`: the database, from the operator's side."""

import sys
import uuid

import psycopg
import typer
from rich.progress import track

from flowpilot.cli.common import errors
from flowpilot.cli.connection import new_database, open_database
from flowpilot.clock import now
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import database
from flowpilot.handoffs import derived as handoffs
from flowpilot.migrations.upgrade import newest_revision
from flowpilot.sessions import derived as sessions
from flowpilot.sessions.days import rolling as days
from flowpilot.sessions.days.jobs import begin_lost_rolls
from flowpilot.sessions.search import filling as search
from flowpilot.settings import get_settings

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


@app.command()
def reconcile() -> None:
    """Recompute every derived value from its source rows, and say what was corrected."""
    with open_database() as urls:
        with psycopg.connect(urls.owner) as owner:
            accounts = owner.execute("SELECT id FROM accounts ORDER BY id").fetchall()
        changed_sessions = changed_handoffs = changed_texts = changed_days = lost_jobs = colliding = 0
        for (account_id,) in track(accounts, description="Accounts", console=errors, transient=True):
            with account_transaction(urls.runtime, account_id) as connection:
                changed_sessions += sessions.reconcile(connection, account_id)
                changed_handoffs += handoffs.reconcile(connection, account_id)
                changed_texts += search.fill(connection, account_id)
                changed_days += days.reconcile(connection, account_id)
                lost_jobs += begin_lost_rolls(connection, account_id, now())
            colliding += not _sum_up(urls.runtime, account_id)
    if changed_sessions or changed_handoffs:
        sys.stdout.write(f"Corrected {changed_sessions} sessions and {changed_handoffs} handoffs.\n")
    if changed_texts:
        sys.stdout.write(f"Wrote the words of {changed_texts} sessions again, by which they are found.\n")
    if changed_days:
        sys.stdout.write(f"Summed up {changed_days} days again.\n")
    if lost_jobs:
        sys.stdout.write(f"Enqueued the job again that sums up days, which {lost_jobs} accounts had lost.\n")
    if colliding:
        sys.stdout.write(f"Left the days of {colliding} accounts to the job that is summing them up.\n")
    if not (changed_sessions or changed_handoffs or changed_texts or changed_days or lost_jobs or colliding):
        sys.stdout.write(f"Nothing to change in {len(accounts)} accounts.\n")


def _sum_up(url: str, account_id: uuid.UUID) -> bool:
    """Sum up the account's days with news, unless something else is doing so all the time."""
    try:
        days.roll(url, account_id)
    except days.Collision:
        return False
    return True
