"""Spread the tables of accounts over machines."""

from collections.abc import Callable

import psycopg
from sqlalchemy import make_url

from flowpilot.migrations.spread.checks import NotSpreadableError, obstacles
from flowpilot.migrations.spread.plan import steps


def spread(owner_url: str, admin_url: str, *, is_check: bool, say: Callable[[str], object]) -> int:
    """Run what is still to be run, each statement in a transaction of its own, and say it; return how many.

    Args:
        owner_url: the database as its owner.
        admin_url: the same one as a superuser.
        is_check: only say it.
        say: called with each statement before it is run.

    Raises:
        NotSpreadableError: something is in the way.
    """
    owner, admin = make_url(owner_url), make_url(admin_url)
    if (owner.host, owner.port or 5432, owner.database) != (admin.host, admin.port or 5432, admin.database):
        raise NotSpreadableError(
            "FLOWPILOT_ADMIN_DATABASE_URL must lead to the same host, port and database as FLOWPILOT_DATABASE_URL."
        )
    n = 0
    with psycopg.connect(admin_url, autocommit=True) as connection:
        found = list(obstacles(connection))
        if found:
            raise NotSpreadableError(" ".join(found))
        for statement in steps(connection):
            say(statement)
            n += 1
            if not is_check:
                connection.execute(statement.encode())
    return n
