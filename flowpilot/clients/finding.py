"""The client that a name or an id stands for, when work for it begins.

Whoever refers to a client holds a share of its lock until the end of the transaction. A merge waits for that, so
it moves every session, including those that began at the same moment.
"""

import uuid
from datetime import datetime

from sqlalchemy import Select, and_, func, select

from flowpilot.clients.models import Client, ClientName
from flowpilot.clients.naming import key_of
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import Actor


class ClientNotFoundError(NotFoundError):
    """No such client in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such client.")


async def find_or_create(db: Db, actor: Actor, name: str, now: datetime) -> Client:
    """The client of that name or alias. A new name is a new client, and one only, however many ask at once."""
    found = await named(db, actor.account_id, name)
    if found is None:
        await take_turn(db, actor.account_id)
        found = await named(db, actor.account_id, name) or await add(db, actor, name, now)
    return found


async def with_id(db: Db, account_id: uuid.UUID, client_id: uuid.UUID) -> Client:
    """The client with that id, or the one that it was merged into.

    Raises:
        ClientNotFoundError: the account has no such client.
    """
    while True:
        found = await db.scalar(_shared(account_id).where(Client.id == client_id))
        if found is None:
            raise ClientNotFoundError
        if found.merged_into_id is None:
            return found
        client_id = found.merged_into_id


async def named(db: Db, account_id: uuid.UUID, name: str) -> Client | None:
    """The client of that name or alias."""
    is_its = and_(ClientName.account_id == Client.account_id, ClientName.client_id == Client.id)
    query = _shared(account_id).join(ClientName, is_its)
    # One that was merged while this waited for its lock has no names any more.
    return await db.scalar(query.where(Client.merged_into_id.is_(None), ClientName.key == key_of(name)))


async def take_turn(db: Db, account_id: uuid.UUID) -> None:
    """Whatever changes the names of an account's clients takes turns, until its transaction ends."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"clients {account_id}", 0))))


async def add(db: Db, actor: Actor, name: str, now: datetime, *, notes: str = "") -> Client:
    """Write a client whose name nobody has. It is this transaction's turn."""
    client = Client(
        account_id=actor.account_id,
        id=new_id(),
        name=name,
        notes=notes,
        created_by=actor.user_id,
        created_at=now,
    )
    db.add(client)
    await db.flush()
    db.add(own_name(client))
    await db.flush()
    return client


def own_name(client: Client, name: str | None = None) -> ClientName:
    """The row by which a client is found under its own name, or under an alias."""
    name = client.name if name is None else name
    return ClientName(account_id=client.account_id, id=new_id(), client_id=client.id, name=name, key=key_of(name))


def _shared(account_id: uuid.UUID) -> Select[Client]:
    return (
        select(Client)
        .where(Client.account_id == account_id)
        .with_for_update(read=True, of=Client)
        .execution_options(populate_existing=True)
    )
