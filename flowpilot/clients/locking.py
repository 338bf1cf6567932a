"""Clients, locked by whoever changes what they are called or what belongs to them."""

import uuid

from sqlalchemy import select

from flowpilot.clients.finding import ClientNotFoundError, take_turn
from flowpilot.clients.hooks import hooks
from flowpilot.clients.models import Client
from flowpilot.db.session import Db
from flowpilot.errors import OutdatedError


class ClientMergedError(OutdatedError):
    """The client was merged into another; `into_id` says into which."""

    def __init__(self, client: Client) -> None:
        super().__init__(
            f"{client.name} was merged into another client. Change that one, or undo the merge first.",
            into_id=client.merged_into_id,
        )


async def lock(db: Db, account_id: uuid.UUID, *client_ids: uuid.UUID) -> list[Client]:
    """Lock clients, in the order of the ids. Whoever begins work for one of them now waits.

    Raises:
        ClientNotFoundError: the account has no such client.
        ClientMergedError: one of them was merged into another.
    """
    found = await lock_even_merged(db, account_id, *client_ids)
    for client in found:
        if client.merged_into_id is not None:
            raise ClientMergedError(client)
    return found


async def lock_even_merged(db: Db, account_id: uuid.UUID, *client_ids: uuid.UUID) -> list[Client]:
    """`lock`, also of clients that were merged.

    Raises:
        ClientNotFoundError: the account has no such client.
    """
    await take_turn(db, account_id)
    query = (
        select(Client)
        .where(Client.account_id == account_id, Client.id.in_(client_ids))
        .order_by(Client.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = {client.id: client for client in await db.scalars(query)}
    if len(found) < len(set(client_ids)):
        raise ClientNotFoundError
    return [found[client_id] for client_id in client_ids]


async def lock_records(db: Db, account_id: uuid.UUID, client_id: uuid.UUID) -> None:
    """Lock what belongs to a client, before the client: whoever works on it has locked it in this order.

    The turn comes before both. Otherwise somebody who has locked a session, and waits for its new client, could be
    waited for by a merge that gets this session meanwhile.
    """
    await take_turn(db, account_id)
    for hook in hooks:
        await hook.lock(db, account_id, client_id)
