"""The job queue as tests of sessions see it: what waits in it, and running it as if the time had come."""

from datetime import datetime
from typing import Any

from flowpilot.db.session import Database
from flowpilot.settings import Settings
from flowpilot.worker import work
from tests.company import Company, owner_transaction


def waiting(company: Company, task: str) -> list[tuple[dict[str, Any], datetime | None]]:
    """The account's waiting jobs of a kind: their arguments, and the earliest time."""
    query = (
        "SELECT args, scheduled_at FROM procrastinate_jobs "
        "WHERE task_name = %s AND args->>'account_id' = %s AND status = 'todo' ORDER BY id"
    )
    with owner_transaction(company.urls) as owner:
        return owner.execute(query, [task, str(company.id)]).fetchall()


def failed(company: Company) -> list[tuple[Any, ...]]:
    """The account's jobs that have failed, or will be tried again."""
    query = (
        "SELECT task_name, status::text, attempts FROM procrastinate_jobs "
        "WHERE args->>'account_id' = %s AND (status = 'failed' OR attempts > 0)"
    )
    with owner_transaction(company.urls) as owner:
        return owner.execute(query, [str(company.id)]).fetchall()


async def work_off(company: Company, settings: Settings, database: Database) -> None:
    """Make the account's jobs due, and run them."""
    with owner_transaction(company.urls) as owner:
        owner.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() "
            "WHERE args->>'account_id' = %s AND status = 'todo'",
            [str(company.id)],
        )
    await work(settings, company.urls.runtime, database, until_idle=True)
    assert failed(company) == []
