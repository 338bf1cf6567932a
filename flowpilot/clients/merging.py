"""Two clients that are one, and that they are two after all."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from flowpilot.clients.finding import own_name
from flowpilot.clients.hooks import hooks
from flowpilot.clients.locking import lock, lock_even_merged, lock_records
from flowpilot.clients.models import Client, ClientCompany, ClientMerge, ClientName
from flowpilot.clients.naming import key_of
from flowpilot.clients.service import check_free, names_of_client, put_on_record
from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import InvalidError, NotFoundError, OutdatedError
from flowpilot.identity.actor import Actor


class MergedWithItselfError(InvalidError):
    """A client cannot be merged into itself."""

    def __init__(self) -> None:
        super().__init__("into: choose another client than the one that is merged.")


class MergeNotFoundError(NotFoundError):
    """No such merge in the account."""

    def __init__(self) -> None:
        super().__init__("There is no such merge.")


class MergeUndoneError(OutdatedError):
    """The merge was undone before."""

    def __init__(self) -> None:
        super().__init__("This merge has been undone already.")


class MergedFurtherError(OutdatedError):
    """What the client was merged into has been merged itself."""

    def __init__(self, into: Client) -> None:
        super().__init__(f"{into.name} has been merged into another client since. Undo that merge first.")


class NameInUseError(OutdatedError):
    """The client that others were merged into is now called what one of them was called."""

    def __init__(self, into: Client) -> None:
        super().__init__(f'The client is now called "{into.name}", a name that would go back. Rename it first.')


async def merge(db: Db, actor: Actor, client_id: uuid.UUID, into_id: uuid.UUID, now: datetime) -> ClientMerge:
    """Merge a client into another, which gets its sessions, its names as aliases, and its companies.

    Raises:
        MergedWithItselfError: both are the same.
        ClientNotFoundError: the account has no such client.
        ClientMergedError: one of them was merged into another before.
    """
    if client_id == into_id:
        raise MergedWithItselfError
    await lock_records(db, actor.account_id, client_id)
    client, into = await lock(db, actor.account_id, client_id, into_id)
    made = ClientMerge(
        account_id=actor.account_id,
        id=new_id(),
        client_id=client.id,
        into_id=into.id,
        name_ids=await _move(db, ClientName, client, into),
        company_ids=await _move(db, ClientCompany, client, into),
        session_count=0,
        merged_by=actor.user_id,
        merged_at=now,
    )
    db.add(made)
    client.merged_into_id = into.id
    await db.flush()
    made.session_count = sum([await hook.move(db, made, into) for hook in hooks])
    await put_on_record(
        db, actor, client, "merged", now, before={"name": client.name}, after=_facts(into, made.session_count)
    )
    return made


async def undo(db: Db, actor: Actor, merge_id: uuid.UUID, now: datetime) -> tuple[ClientMerge, int]:
    """Give a merged client back what came from it and is still there, and say how many sessions that are.

    What came later stays where it is.

    Raises:
        MergeNotFoundError: the account has no such merge.
        MergeUndoneError: it was undone before.
        MergedFurtherError: the client that it was merged into has been merged since.
        NameInUseError: that client has taken a name that would go back.
        NameTakenError: the client's own name was removed, and belongs to another client now.
    """
    made = await _read(db, actor.account_id, merge_id)
    await lock_records(db, actor.account_id, made.into_id)
    client, into = await lock_even_merged(db, actor.account_id, made.client_id, made.into_id)
    await db.refresh(made)
    await _check(db, made, into)
    await _move(db, ClientName, into, client, made.name_ids)
    await _move(db, ClientCompany, into, client, made.company_ids)
    if key_of(client.name) not in {name.key for name in await names_of_client(db, client)}:
        await check_free(db, actor.account_id, client.name)
        db.add(own_name(client))
    client.merged_into_id, made.undone_at, made.undone_by = None, now, actor.user_id
    await db.flush()
    count = sum([await hook.move_back(db, made, client) for hook in hooks])
    await put_on_record(
        db, actor, client, "merge_undone", now, before={"name": into.name}, after=_facts(client, count)
    )
    return made, count


async def _check(db: Db, made: ClientMerge, into: Client) -> None:
    if made.undone_at is not None:
        raise MergeUndoneError
    if into.merged_into_id is not None:
        raise MergedFurtherError(into)
    going = {name.key for name in await names_of_client(db, into) if name.id in made.name_ids}
    if key_of(into.name) in going:
        raise NameInUseError(into)


async def _read(db: ReadDb, account_id: uuid.UUID, merge_id: uuid.UUID) -> ClientMerge:
    query = select(ClientMerge).where(ClientMerge.account_id == account_id, ClientMerge.id == merge_id)
    found = await db.scalar(query)
    if found is None:
        raise MergeNotFoundError
    return found


async def _move(
    db: Db,
    kind: type[ClientName] | type[ClientCompany],
    client: Client,
    into: Client,
    only: Sequence[uuid.UUID] | None = None,
) -> list[uuid.UUID]:
    """Give a client's names or companies, or only some of them, to another; return which."""
    moved = update(kind).where(kind.account_id == client.account_id, kind.client_id == client.id)
    if only is not None:
        moved = moved.where(kind.id.in_(only))
    return list(await db.scalars(moved.values(client_id=into.id).returning(kind.id)))


def _facts(client: Client, session_count: int) -> dict[str, object]:
    return {"name": client.name, "sessions": session_count}
