"""What people change of a client: its name, its aliases, its notes, and its companies in the ticket system."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from flowpilot.clients.finding import add, find_or_create, own_name, take_turn
from flowpilot.clients.hooks import hooks
from flowpilot.clients.locking import lock, lock_records
from flowpilot.clients.models import Client, ClientCompany, ClientName
from flowpilot.clients.naming import key_of
from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record


class NameTakenError(ConflictError):
    """A client has the name already, as its own or as an alias; `client_id` says which."""

    def __init__(self, name: str, client: Client) -> None:
        whose = "the name" if key_of(client.name) == key_of(name) else "an alias"
        super().__init__(
            f'"{name}" is {whose} of the client {client.name}. Choose another name, or merge the two clients.',
            client_id=client.id,
        )


class NoSuchAliasError(NotFoundError):
    """The client has no such alias."""

    def __init__(self) -> None:
        super().__init__("The client has no such alias.")


class OwnNameError(ConflictError):
    """A client's own name cannot be removed."""

    def __init__(self) -> None:
        super().__init__("This is the client's own name. Rename the client; the old name then becomes an alias.")


class NoSuchCompanyError(NotFoundError):
    """The company is not mapped to the client."""

    def __init__(self) -> None:
        super().__init__("This company is not mapped to the client.")


class NoSuchConnectionError(NotFoundError):
    """The account has no such connection to a ticket system."""

    def __init__(self) -> None:
        super().__init__("There is no such connection. GET /api/v1/psa/connections lists them.")


async def create(db: Db, actor: Actor, name: str, notes: str, now: datetime) -> Client:
    """A client whose name nobody has.

    Raises:
        NameTakenError: a client is called so.
    """
    await take_turn(db, actor.account_id)
    await check_free(db, actor.account_id, name)
    client = await add(db, actor, name, now, notes=notes)
    await put_on_record(db, actor, client, "created", now, after={"name": name})
    return client


async def change(
    db: Db, actor: Actor, client_id: uuid.UUID, now: datetime, *, name: str | None = None, notes: str | None = None
) -> Client:
    """Rename a client, which keeps its old name as an alias, or write its notes. None leaves either as it is.

    Raises:
        ClientNotFoundError: the account has no such client.
        ClientMergedError: it was merged into another.
        NameTakenError: another client is called so.
    """
    if name is not None:
        await lock_records(db, actor.account_id, client_id)
    (client,) = await lock(db, actor.account_id, client_id)
    if notes is not None and notes != client.notes:
        # The audit log is for those who may see all of it, and keeps no copy of what notes say.
        await put_on_record(db, actor, client, "notes_changed", now)
        client.notes = notes
    if name is not None and name != client.name:
        before = client.name
        await _rename(db, client, name)
        await put_on_record(db, actor, client, "renamed", now, before={"name": before}, after={"name": name})
    await db.flush()
    return client


async def add_alias(db: Db, actor: Actor, client_id: uuid.UUID, name: str, now: datetime) -> Client:
    """Let the client be found by another name, too. One that it has already changes nothing.

    Raises:
        ClientNotFoundError: the account has no such client.
        ClientMergedError: it was merged into another.
        NameTakenError: another client is called so.
    """
    (client,) = await lock(db, actor.account_id, client_id)
    if key_of(name) not in {row.key for row in await names_of_client(db, client)}:
        await check_free(db, actor.account_id, name)
        db.add(own_name(client, name))
        await put_on_record(db, actor, client, "alias_added", now, after={"alias": name})
    return client


async def remove_alias(db: Db, actor: Actor, client_id: uuid.UUID, alias_id: uuid.UUID, now: datetime) -> Client:
    """The client is no longer found by that name. Its sessions stay.

    Raises:
        ClientNotFoundError, ClientMergedError: as for `add_alias`.
        NoSuchAliasError: the client has no such alias.
        OwnNameError: it is the client's own name.
    """
    (client,) = await lock(db, actor.account_id, client_id)
    alias = next((row for row in await names_of_client(db, client) if row.id == alias_id), None)
    if alias is None:
        raise NoSuchAliasError
    if alias.key == key_of(client.name):
        raise OwnNameError
    await db.delete(alias)
    await put_on_record(db, actor, client, "alias_removed", now, before={"alias": alias.name})
    return client


async def map_company(
    db: Db,
    actor: Actor,
    client_id: uuid.UUID,
    company: tuple[uuid.UUID, str],
    company_name: str,
    now: datetime,
) -> Client:
    """Say which client a company of the ticket system is, whichever it was before.

    Args:
        company: its connection, and its id there.

    Raises:
        ClientNotFoundError, ClientMergedError: as for `add_alias`.
        NoSuchConnectionError: the account has no such connection.
    """
    (client,) = await lock(db, actor.account_id, client_id)
    connection_id, external_id = company
    row = insert(ClientCompany).values(
        account_id=actor.account_id,
        id=new_id(),
        client_id=client.id,
        connection_id=connection_id,
        external_id=external_id,
        name=company_name,
    )
    is_known = row.on_conflict_do_update(
        index_elements=["account_id", "connection_id", "external_id"],
        set_={"client_id": row.excluded.client_id, "name": row.excluded.name},
    )
    try:
        async with db.begin_nested():
            await db.execute(is_known)
    except IntegrityError as error:
        # Clients know nothing of connections but that the database has them.
        raise NoSuchConnectionError from error
    await put_on_record(db, actor, client, "company_mapped", now, after={"company": company_name or external_id})
    return client


async def unmap_company(
    db: Db, actor: Actor, client_id: uuid.UUID, company_id: uuid.UUID, now: datetime
) -> Client:
    """The company is no longer a client here, until it is mapped again.

    Raises:
        ClientNotFoundError, ClientMergedError: as for `add_alias`.
        NoSuchCompanyError: it is not mapped to this client.
    """
    (client,) = await lock(db, actor.account_id, client_id)
    gone = delete(ClientCompany).where(
        ClientCompany.account_id == actor.account_id,
        ClientCompany.client_id == client_id,
        ClientCompany.id == company_id,
    )
    company = await db.scalar(gone.returning(ClientCompany))
    if company is None:
        raise NoSuchCompanyError
    before = {"company": company.name or company.external_id}
    await put_on_record(db, actor, client, "company_removed", now, before=before)
    return client


async def name_company(
    db: Db,
    actor: Actor,
    company: tuple[uuid.UUID, str],
    company_name: str,
    client_name: str | None,
    now: datetime,
) -> None:
    """Say by its name which client a company of the ticket system is; a new name is a new client, None is nobody.

    Args:
        company: its connection, and its id there.

    Raises:
        NoSuchConnectionError: the account has no such connection.
    """
    await take_turn(db, actor.account_id)
    if client_name is not None:
        client = await find_or_create(db, actor, client_name, now)
        await map_company(db, actor, client.id, company, company_name, now)
        return
    connection_id, external_id = company
    query = select(ClientCompany).where(
        ClientCompany.account_id == actor.account_id,
        ClientCompany.connection_id == connection_id,
        ClientCompany.external_id == external_id,
    )
    mapped = await db.scalar(query)
    if mapped is not None:
        await unmap_company(db, actor, mapped.client_id, mapped.id, now)


async def check_free(db: Db, account_id: uuid.UUID, name: str) -> None:
    """Make sure that no client is called so. It is this transaction's turn.

    Raises:
        NameTakenError: one is.
    """
    query = (
        select(Client)
        .join(ClientName, (ClientName.account_id == Client.account_id) & (ClientName.client_id == Client.id))
        .where(Client.account_id == account_id, ClientName.key == key_of(name))
    )
    taken = await db.scalar(query)
    if taken is not None:
        raise NameTakenError(name, taken)


async def names_of_client(db: Db, client: Client) -> Sequence[ClientName]:
    """All names by which a client is found."""
    query = select(ClientName).where(ClientName.account_id == client.account_id, ClientName.client_id == client.id)
    return (await db.scalars(query)).all()


async def put_on_record(
    db: Db,
    actor: Actor,
    client: Client,
    action: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Record what was done with a client."""
    target = "client", client.id
    await record(
        db, actor.account_id, actor.user_id, f"client.{action}", target, at=now, before=before, after=after
    )


async def _rename(db: Db, client: Client, name: str) -> None:
    own = {row.key: row for row in await names_of_client(db, client)}
    if key_of(name) in own:
        own[key_of(name)].name = name
    else:
        await check_free(db, client.account_id, name)
        db.add(own_name(client, name))
    client.name = name
    await db.flush()
    for hook in hooks:
        await hook.rename(db, client)
