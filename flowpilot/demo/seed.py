"""Write the demo's accounts into a database, once."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB

from flowpilot.db.base import Base
from flowpilot.db.bulk import account_transaction, copy_rows
from flowpilot.demo.jobs import enqueue_due
from flowpilot.demo.people import make_audit_log, make_memberships, make_users
from flowpilot.demo.search_index import index_flows
from flowpilot.demo.simulation.simulate import DemoRows, simulate
from flowpilot.demo.world import ACCOUNTS, DAYS, NEWCOMER, DemoAccount
from flowpilot.identity.actor import Role
from flowpilot.identity.credentials import hash_password

DEMO_PASSWORD = "flowpilot-demo"  # noqa: S105 - Public on purpose.

_SEED = 1

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """How to sign in. Without an account: somebody who is not a member anywhere yet."""

    account_name: str | None
    account_id: uuid.UUID | None
    role: Role | None
    email: str
    password: str = DEMO_PASSWORD


def seed_demo(runtime_url: str, *, now: datetime, progress: Progress | None = None) -> list[DemoLogin]:
    """Write the accounts of the demo that are missing, and return how to sign in.

    `progress` is called with what is being done, and the share that is done (0..1).
    """
    report = progress or _ignore
    password_hash = hash_password(DEMO_PASSWORD)
    for number, account in enumerate(ACCOUNTS):
        with account_transaction(runtime_url, account.id) as connection:
            if _create_account(connection, account, now):
                report(f"{account.name}: half a year", number / len(ACCOUNTS))
                simulated = simulate(account, now=now, seed=_SEED)
                tables = [*_people(account, password_hash, now), *simulated.tables()]
                for place, rows in enumerate(tables):
                    share_done = (number + place / len(tables)) / len(ACCOUNTS)
                    report(f"{account.name}: {rows[0].__tablename__}", share_done)
                    _write(connection, rows)
                _complete(connection, account, simulated, now)
    report("Done", 1.0)
    return demo_logins()


def demo_logins() -> list[DemoLogin]:
    """Everybody who can sign in, account by account."""
    members = [
        DemoLogin(account.name, account.id, member.role, member.person.email)
        for account in ACCOUNTS
        for member in account.members
    ]
    return [*members, DemoLogin(None, None, None, NEWCOMER.email)]


def _create_account(connection: psycopg.Connection, account: DemoAccount, now: datetime) -> bool:
    """Create the account, or return False when it exists. A second seed at the same time waits and finds it."""
    created = connection.execute(
        "INSERT INTO accounts (id, name, timezone, lease_minutes, idle_minutes, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
        (
            account.id,
            account.name,
            account.timezone,
            account.lease_minutes,
            account.idle_minutes,
            _founded_at(now),
        ),
    )
    return created.rowcount == 1


def _people(account: DemoAccount, password_hash: str, now: datetime) -> list[Sequence[Base]]:
    """The rows of those who work in the account, each table after those it refers to."""
    founded_at = _founded_at(now)
    rng = Random(f"{account.id}:{_SEED}:people")  # noqa: S311 - Nothing secret is drawn from it.
    return [
        make_users(account, password_hash, founded_at),
        make_memberships(account, founded_at),
        make_audit_log(rng, account, founded_at),
    ]


def _complete(connection: psycopg.Connection, account: DemoAccount, simulated: DemoRows, now: datetime) -> None:
    """Write what cannot be copied: the index of flows, the number of the newest event, and the due jobs."""
    index_flows(connection, simulated)
    connection.execute(
        "INSERT INTO handoff_counters (account_id, last_number) VALUES (%s, %s)",
        (account.id, len(simulated.handoff_events)),
    )
    enqueue_due(connection, account, simulated, now)


def _founded_at(now: datetime) -> datetime:
    """When the accounts and their people were created: before the oldest flow."""
    return now - timedelta(days=3 * DAYS)


def _write(connection: psycopg.Connection, rows: Sequence[Base]) -> None:
    """COPY rows of one table, in the columns that they set; the database fills in the others."""
    columns = [column.name for column in rows[0].__table__.columns if column.name in vars(rows[0])]
    copy_rows(
        connection, rows[0].__tablename__, columns, ([_value(row, name) for name in columns] for row in rows)
    )


def _value(row: Base, name: str) -> Any:
    value = getattr(row, name)
    # A list may also be an array, which is written in another way.
    is_json = isinstance(row.__table__.columns[name].type, JSONB)
    return Jsonb(value) if is_json and value is not None else value


def _ignore(stage: str, share_done: float) -> None:
    """Used when the caller wants no progress."""
