"""What a migration does in short transactions of its own, so that nobody waits until all of it is done.

The migration's own transaction, which records that it is done, stays open meanwhile. If the server stops before it
is over, the migration runs again: each piece must do no harm then. The migration itself must not have locked what
a piece changes, because the piece would wait for it.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from sqlalchemy import Connection

# What waits for a lock makes every later query wait behind it, so a migration gives up early.
LOCK_TIMEOUT = "5s"

# Before every id, so that the first page of an account's rows is what comes after it.
FIRST = uuid.UUID(int=0)


@contextmanager
def apart(account_id: uuid.UUID | None = None) -> Iterator[Connection]:
    """A transaction beside the migration's, in an account if one is named. It is committed at the end."""
    with op.get_bind().engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        if account_id is not None:
            connection.exec_driver_sql(f"SET LOCAL app.account_id = '{uuid.UUID(str(account_id))}'")
        yield connection
