"""Reads of clients: the list, and one with all that belongs to it."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from sqlalchemy import ARRAY, Text, Uuid, and_, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import aliased

from flowpilot.clients.finding import ClientNotFoundError
from flowpilot.clients.hooks import hooks
from flowpilot.clients.models import Client, ClientCompany, ClientMerge, ClientName
from flowpilot.clients.naming import key_of
from flowpilot.db.lookups import Asked, Lookup
from flowpilot.db.session import ReadDb
from flowpilot.db.texts import may_have

Kind = TypeVar("Kind", ClientName, ClientCompany)


@dataclass(frozen=True, slots=True)
class ClientFilter:
    """Which clients a list shows; None shows them all. `text` is a part of a name, `name` the whole of one."""

    text: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CompanyFilter:
    """Which companies a list shows: of one connection, with these ids there; None leaves out none."""

    connection_id: uuid.UUID | None = None
    external_ids: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class MappedCompany:
    """A company of a ticket system, and the client that it is here."""

    company: ClientCompany
    client: Client


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge into a client that stands, and the client that was merged."""

    merge: ClientMerge
    client: Client


@dataclass(frozen=True, slots=True)
class WholeClient:
    """A client with all that belongs to it; `into` is the client that it was merged into."""

    client: Client
    into: Client | None
    names: Sequence[ClientName]
    companies: Sequence[ClientCompany]
    merges: Sequence[Merge]
    session_count: int

    @property
    def aliases(self) -> list[ClientName]:
        """The names by which it is found, except its own."""
        return [name for name in self.names if name.key != key_of(self.client.name)]


class KnownClient(NamedTuple):
    """A client that a page offers."""

    id: uuid.UUID
    name: str


_BY_NAME = (func.lower(Client.name), Client.id)


def _first() -> Lookup[list[KnownClient]]:
    first = (
        select(Client.id, Client.name)
        .where(Client.account_id == bindparam("account_id"), Client.merged_into_id.is_(None))
        .order_by(*_BY_NAME)
        .limit(bindparam("most_clients"))
        .subquery()
    )
    ids, names = func.array_agg(first.c.id, type_=ARRAY(Uuid)), func.array_agg(first.c.name, type_=ARRAY(Text))
    return Lookup(select(ids, names), lambda ids, names: list(map(KnownClient, ids or (), names or ())))


_FIRST = _first()


def first_clients(account_id: uuid.UUID, limit: int) -> Asked[list[KnownClient]]:
    """The first clients in the order of their names, in short."""
    return _FIRST.of(account_id=account_id, most_clients=limit)


async def clients(
    db: ReadDb, account_id: uuid.UUID, filter_: ClientFilter, limit: int, after: uuid.UUID | None
) -> Sequence[Client]:
    """Clients in the order of their names; with `after`, those that follow that one."""
    query = select(Client).where(Client.account_id == account_id, Client.merged_into_id.is_(None))
    if filter_.name is not None:
        called_so = select(ClientName.client_id).where(
            ClientName.account_id == account_id, ClientName.key == key_of(filter_.name)
        )
        query = query.where(Client.id.in_(called_so))
    if filter_.text is not None:
        called_so = select(ClientName.client_id).where(
            ClientName.account_id == account_id,
            or_(
                ClientName.key.contains(key_of(filter_.text), autoescape=True),
                ClientName.name.icontains(filter_.text.strip(), autoescape=True),
            ),
        )
        query = query.where(Client.id.in_(called_so))
    if after is not None:
        last = aliased(Client)
        mark = select(func.lower(last.name)).where(last.account_id == account_id, last.id == after)
        query = query.where(tuple_(*_BY_NAME) > tuple_(mark.scalar_subquery(), after))
    return (await db.scalars(query.order_by(*_BY_NAME).limit(limit))).all()


async def read_client(db: ReadDb, account_id: uuid.UUID, client_id: uuid.UUID) -> WholeClient:
    """One client, also one that was merged.

    Raises:
        ClientNotFoundError: the account has no such client.
    """
    into = aliased(Client)
    row = (
        await db.execute(
            select(Client, into)
            .outerjoin(into, and_(into.account_id == Client.account_id, into.id == Client.merged_into_id))
            .where(Client.account_id == account_id, Client.id == client_id)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if row is None:
        raise ClientNotFoundError
    return WholeClient(
        client=row[0],
        into=row[1],
        names=await _all(db, ClientName, account_id, client_id),
        companies=await _all(db, ClientCompany, account_id, client_id),
        merges=await _merges_into(db, account_id, client_id),
        session_count=sum([await hook.count(db, account_id, client_id) for hook in hooks]),
    )


async def names_of_companies(
    db: ReadDb, account_id: uuid.UUID, connection_id: uuid.UUID, external_ids: Collection[str]
) -> dict[str, str]:
    """What companies of a ticket system are called here, by their ids there, as far as they are mapped."""
    its_client = and_(Client.account_id == ClientCompany.account_id, Client.id == ClientCompany.client_id)
    query = (
        select(ClientCompany.external_id, Client.name)
        .join(Client, its_client)
        .where(
            ClientCompany.account_id == account_id,
            ClientCompany.connection_id == connection_id,
            ClientCompany.external_id.in_(external_ids),
        )
    )
    return {row.external_id: row.name for row in await db.execute(query)}


async def companies(
    db: ReadDb,
    account_id: uuid.UUID,
    filter_: CompanyFilter,
    limit: int,
    after: uuid.UUID | None,
) -> list[MappedCompany]:
    """Companies that are mapped, in the order in which they were; with `after`, those that follow that one."""
    its_client = and_(Client.account_id == ClientCompany.account_id, Client.id == ClientCompany.client_id)
    query = (
        select(ClientCompany, Client)
        .join(Client, its_client)
        .where(ClientCompany.account_id == account_id)
        .order_by(ClientCompany.id)
        .limit(limit)
    )
    if filter_.connection_id is not None:
        query = query.where(ClientCompany.connection_id == filter_.connection_id)
    if filter_.external_ids is not None:
        query = query.where(ClientCompany.external_id.in_(filter_.external_ids))
    if after is not None:
        query = query.where(ClientCompany.id > after)
    return [MappedCompany(row[0], row[1]) for row in await db.execute(query)]


async def _all(db: ReadDb, kind: type[Kind], account_id: uuid.UUID, client_id: uuid.UUID) -> Sequence[Kind]:
    query = select(kind).where(kind.account_id == account_id, kind.client_id == client_id).order_by(kind.name)
    return (await db.scalars(query)).all()


async def _merges_into(db: ReadDb, account_id: uuid.UUID, into_id: uuid.UUID) -> list[Merge]:
    merged = and_(Client.account_id == ClientMerge.account_id, Client.id == ClientMerge.client_id)
    query = (
        select(ClientMerge, Client)
        .join(Client, merged)
        .where(
            ClientMerge.account_id == account_id, ClientMerge.into_id == into_id, ClientMerge.undone_at.is_(None)
        )
        .order_by(ClientMerge.merged_at.desc(), ClientMerge.id)
    )
    return [Merge(row[0], row[1]) for row in await db.execute(query)]


async def names_of_clients(
    db: ReadDb, account_id: uuid.UUID, words: Collection[str]
) -> Sequence[tuple[uuid.UUID, str]]:
    """What clients are called whose name may have one of the words, by their ids: names and aliases."""
    mine = ClientName.account_id == account_id
    query = select(ClientName.client_id, ClientName.name).where(mine, may_have(ClientName.name, words))
    return [(client_id, name) for client_id, name in await db.execute(query)]
