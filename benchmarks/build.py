"""Build the accounts to measure, or find those of an earlier run."""

import asyncio
import hashlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from pydantic import TypeAdapter

from benchmarks import rows
from flowpilot.clock import now
from flowpilot.db.base import new_id
from flowpilot.db.bulk import account_transaction
from flowpilot.db.connect import DatabaseUrls
from flowpilot.db.session import Database
from flowpilot.handoffs.days.news import mark_all as mark_handoff_days
from flowpilot.identity.members import create_account
from flowpilot.migrations.upgrade import MIGRATIONS
from flowpilot.psa.days.news import mark_all as mark_psa_days
from flowpilot.sessions.days.news import mark_all
from flowpilot.sessions.days.rolling import roll

BATCH_SESSIONS = 50_000
GOOD_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shape:
    """How much data there is: one large account, and several small ones."""

    large_sessions: int
    small_accounts: int
    small_sessions: int

    @property
    def sessions(self) -> int:
        """All sessions of all accounts."""
        return self.large_sessions + self.small_accounts * self.small_sessions

    @property
    def place(self) -> str:
        """A directory name that changes with the shape, the tables and the SQL that fills them."""
        digest = hashlib.sha256(repr(asdict(self)).encode())
        for source in (Path(rows.__file__), *sorted((MIGRATIONS / "versions").glob("*.py"))):
            digest.update(source.read_bytes())
        return f"data-{digest.hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Built:
    """The accounts that were built, and the time at which their history ends."""

    built_at: datetime
    large: uuid.UUID
    small: list[uuid.UUID]


_MARKER = "built.json"
_BUILT = TypeAdapter(Built)


def find_built(place: Path) -> Built | None:
    """The accounts of an earlier run, if they are complete and their history is not too old."""
    marker = place / _MARKER
    if not marker.exists():
        return None
    built = _BUILT.validate_json(marker.read_bytes())
    return built if now() - built.built_at < GOOD_FOR else None


def clear(root: Path) -> None:
    """Remove what earlier runs left, whatever its shape."""
    for place in root.glob("data-*"):
        shutil.rmtree(place)


def keep(place: Path, built: Built) -> None:
    """Mark the data as complete."""
    (place / _MARKER).write_bytes(_BUILT.dump_json(built))


def build(urls: DatabaseUrls, shape: Shape, report: Callable[[int], None]) -> Built:
    """Make the accounts and their history; `report` is called with the number of sessions in each batch."""
    built_at = now()
    large, *small = create_accounts(urls, 1 + shape.small_accounts, built_at)
    sizes = [(large, shape.large_sessions), *((account, shape.small_sessions) for account in small)]
    # The owner of the embedded database is a superuser, to whom row security does not apply.
    with psycopg.connect(urls.owner) as connection:
        prepare(connection, sizes)
        fill(connection, shape.sessions, built_at, report)
    sum_up(urls, [large, *small])
    return Built(built_at, large, small)


def vacuum(urls: DatabaseUrls) -> None:
    """Do what autovacuum would have done in the months that this history covers."""
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def create_accounts(urls: DatabaseUrls, count: int, at: datetime) -> list[uuid.UUID]:
    """Make so many accounts with nothing in them."""
    return asyncio.run(_create_accounts(urls, count, at))


async def _create_accounts(urls: DatabaseUrls, count: int, at: datetime) -> list[uuid.UUID]:
    database = Database(urls.runtime, pool_size=1)
    accounts = [new_id() for _ in range(count)]
    for number, account_id in enumerate(accounts):
        async with database.write(account_id) as db:
            await create_account(db, account_id, f"Bench {number}", "Europe/Vienna", at)
    await database.close()
    return accounts


def sum_up(urls: DatabaseUrls, accounts: Sequence[uuid.UUID]) -> None:
    """Do what the job of each account would have done in that time."""
    for account_id in accounts:
        with account_transaction(urls.runtime, account_id) as connection:
            mark_all(connection, account_id)
            mark_psa_days(connection, account_id)
            mark_handoff_days(connection, account_id)
        roll(urls.runtime, account_id)


def prepare(connection: psycopg.Connection, sizes: list[tuple[uuid.UUID, int]]) -> None:
    """Make ready a connection of the owner that fills accounts, and what is there before their first session."""
    connection.execute("SET synchronous_commit = off")
    # Foreign keys hold by construction; checking them row by row would take longer than the rest together.
    connection.execute("SET session_replication_role = replica")
    connection.execute("SELECT setseed(0.5)")
    connection.execute("CREATE TEMP TABLE sizes (account_id uuid, sessions int)")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO sizes VALUES (%s, %s)", sizes)
    connection.execute(rows.LIBRARY)
    connection.commit()


def fill(connection: psycopg.Connection, sessions: int, built_at: datetime, report: Callable[[int], None]) -> None:
    """Make the history of all prepared accounts, which have so many sessions together, up to `built_at`."""
    batches = -(-sessions // BATCH_SESSIONS)
    for batch in range(batches):
        values = {"batch": batch, "batches": batches, "built_at": built_at}
        # Client-side binding, because a batch is several statements in one message.
        with psycopg.ClientCursor(connection) as cursor:
            for statement in rows.EACH_BATCH:
                cursor.execute(statement, values)
        connection.commit()
        report(sessions * (batch + 1) // batches - sessions * batch // batches)
