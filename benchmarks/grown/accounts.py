"""Two installations of the demo: one as it is, and one in which an account has grown."""

from dataclasses import dataclass
from uuid import UUID

import psycopg

from benchmarks.build import fill, prepare, sum_up, vacuum
from benchmarks.grown import rows
from flowpilot.clock import now
from flowpilot.db.connect import DatabaseUrls
from flowpilot.demo.seed import demo_logins, seed_demo


@dataclass(frozen=True, slots=True)
class Grown:
    """How large an account becomes: all that it has of each, but for sessions, which are added."""

    sessions: int
    waiting: int
    people: int
    flows: int


def account_of(email: str) -> UUID:
    """The demo's account of a person who has one."""
    (found,) = (login.account_id for login in demo_logins() if login.email == email)
    assert found is not None
    return found


def seed(urls: DatabaseUrls) -> None:
    """The demo as it is."""
    seed_demo(urls.runtime, now=now())
    vacuum(urls)


def grow(urls: DatabaseUrls, account: UUID, size: Grown) -> None:
    """Add rows to an account of the demo until it is of that size."""
    # The owner of the embedded database is a superuser, to whom row security does not apply.
    with psycopg.connect(urls.owner) as connection:
        prepare(connection, [(account, size.sessions)])
        fill(connection, size.sessions, now(), lambda _: None)
        values = {
            "account": account,
            "people": size.people,
            "flows": size.flows,
            "waiting": size.waiting,
        }
        # Client-side binding, because one of them is several statements in one message.
        with psycopg.ClientCursor(connection) as cursor:
            for statement in (rows.PEOPLE, rows.FLOWS, rows.WAITING):
                cursor.execute(statement, values)
        connection.commit()
    sum_up(urls, [account])
    vacuum(urls)
