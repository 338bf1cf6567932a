"""Reading connections."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, select

from flowpilot.db.pages import newest_first
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.psa.connections.models import PsaConnection


class NoSuchConnectionError(NotFoundError):
    """There is no such connection, or it is removed."""

    def __init__(self) -> None:
        super().__init__("There is no such connection to a ticket system in this account.")


class NotConnectedError(NotFoundError):
    """The account has no connection to a ticket system."""

    def __init__(self) -> None:
        super().__init__(
            "This account is not connected to a ticket system. A team admin can connect it in Settings."
        )


async def connections(
    db: ReadDb, account_id: uuid.UUID, limit: int, before: uuid.UUID | None
) -> Sequence[PsaConnection]:
    """The account's connections, the newest first, which is the active one if there is one; then removed ones."""
    query = select(PsaConnection).where(PsaConnection.account_id == account_id)
    return (await db.scalars(newest_first(query, PsaConnection.id, limit, before))).all()


async def active_connection(db: ReadDb, account_id: uuid.UUID) -> PsaConnection | None:
    """The connection that is not removed, paused or not."""
    return (await db.scalars(_active(account_id))).one_or_none()


async def is_known(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> bool:
    """Whether there is such a connection, removed or not."""
    query = select(PsaConnection.id).where(
        PsaConnection.account_id == account_id, PsaConnection.id == connection_id
    )
    return await db.scalar(query) is not None


async def require_active(db: ReadDb, account_id: uuid.UUID) -> PsaConnection:
    """The same.

    Raises:
        NotConnectedError: there is none.
    """
    connection = await active_connection(db, account_id)
    if connection is None:
        raise NotConnectedError
    return connection


async def read_connection(db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID) -> PsaConnection:
    """One connection that is not removed.

    Raises:
        NoSuchConnectionError: there is none with this id.
    """
    connection = (await db.scalars(_active(account_id).where(PsaConnection.id == connection_id))).one_or_none()
    if connection is None:
        raise NoSuchConnectionError
    return connection


async def lock_connection(db: Db, account_id: uuid.UUID, connection_id: uuid.UUID) -> PsaConnection:
    """The same, locked until the transaction ends."""
    query = _active(account_id).where(PsaConnection.id == connection_id)
    connection = (await db.scalars(query.with_for_update())).one_or_none()
    if connection is None:
        raise NoSuchConnectionError
    return connection


def _active(account_id: uuid.UUID) -> Select[PsaConnection]:
    return select(PsaConnection).where(PsaConnection.account_id == account_id, PsaConnection.removed_at.is_(None))
