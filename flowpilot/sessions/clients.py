"""Whose session it is: how it gets its client, and how it follows when the client is renamed or merged."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, func, insert, literal, select, update

from flowpilot.clients.finding import find_or_create, with_id
from flowpilot.clients.hooks import ClientHook
from flowpilot.clients.models import Client, ClientMerge
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.actor import Actor
from flowpilot.sessions.models import AISession, ClientMergeSession
from flowpilot.sessions.search.keeping import follow_client


async def of_work(
    db: Db, actor: Actor, client_id: uuid.UUID | None, name: str | None, now: datetime
) -> Client | None:
    """The client with that id, or otherwise of that name; a new name is a new client.

    Raises:
        ClientNotFoundError: the account has no client with that id.
    """
    if client_id is not None:
        return await with_id(db, actor.account_id, client_id)
    return None if name is None else await find_or_create(db, actor, name, now)


async def with_client(
    db: Db, actor: Actor, session: AISession, details: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """Details of a session in which its client is both an id and a name, whichever of the two was given.

    Raises:
        ClientNotFoundError: the account has no client with the id.
    """
    others = {column: value for column, value in details.items() if column not in {"client_id", "client_name"}}
    client_id, name = details.get("client_id"), details.get("client_name")
    stays = client_id is None and name == session.client_name and session.client_id is not None
    if stays or len(others) == len(details):
        return others
    client = await of_work(db, actor, client_id, name, now)
    return {**others, **columns_of(client)}


def columns_of(client: Client | None) -> dict[str, Any]:
    """What a session has of its client."""
    return {"client_id": client.id if client else None, "client_name": client.name if client else None}


async def _count(db: ReadDb, account_id: uuid.UUID, client_id: uuid.UUID) -> int:
    query = select(func.count()).where(AISession.account_id == account_id, AISession.client_id == client_id)
    return await db.scalar(query) or 0


async def _lock(db: Db, account_id: uuid.UUID, client_id: uuid.UUID) -> None:
    theirs = select(AISession.id).where(AISession.account_id == account_id, AISession.client_id == client_id)
    await db.execute(theirs.order_by(AISession.id).with_for_update(key_share=True))


async def _rename(db: Db, client: Client) -> None:
    theirs = AISession.account_id == client.account_id, AISession.client_id == client.id
    await db.execute(
        update(AISession).where(*theirs).values(client_name=client.name),
        execution_options={"synchronize_session": False},
    )


async def _move(db: Db, merge: ClientMerge, into: Client) -> int:
    moved = (
        update(AISession)
        .where(AISession.account_id == merge.account_id, AISession.client_id == merge.client_id)
        .values(client_id=into.id, client_name=into.name)
        .returning(AISession.id)
        .cte("moved")
    )
    columns = ["account_id", "merge_id", "session_id"]
    listed = insert(ClientMergeSession).from_select(
        columns, select(literal(merge.account_id), literal(merge.id), moved.c.id)
    )
    count = await _count_rows(db, listed.returning(ClientMergeSession.session_id).cte("listed"))
    await follow_client(db, merge.account_id, merge.client_id, into.id)
    return count


async def _move_back(db: Db, merge: ClientMerge, client: Client) -> int:
    moved = select(ClientMergeSession.session_id).where(
        ClientMergeSession.account_id == merge.account_id, ClientMergeSession.merge_id == merge.id
    )
    still_there = (
        AISession.account_id == merge.account_id,
        AISession.client_id == merge.into_id,
        AISession.id.in_(moved),
    )
    back = update(AISession).where(*still_there).values(client_id=client.id, client_name=client.name)
    count = await _count_rows(db, back.returning(AISession.id).cte("back"))
    await follow_client(db, merge.account_id, merge.into_id, client.id)
    return count


async def _count_rows(db: Db, written: CTE) -> int:
    return await db.scalar(select(func.count()).select_from(written)) or 0


SESSIONS = ClientHook(_count, _lock, _rename, _move, _move_back)
