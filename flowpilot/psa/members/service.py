"""Keeping the ticket system's members, and who they are here."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.base import new_id
from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import Actor
from flowpilot.identity.audit.log import record
from flowpilot.identity.queries import names_of
from flowpilot.psa import hooks
from flowpilot.psa.connections.models import MappedBy, PsaConnection, PsaMember
from flowpilot.psa.connections.queries import lock_connection
from flowpilot.psa.members.matching import match
from flowpilot.psa.members.queries import members_of, users_by_email
from flowpilot.psa.provider import Member

# A token is its owner's own, so it goes with the mapping.
_NO_TOKEN: Mapping[str, None] = {"token_encrypted": None, "token_refused_at": None}


class NoSuchMemberError(NotFoundError):
    """The ticket system has no such member, or nobody has read them since."""

    def __init__(self) -> None:
        super().__init__(
            "The ticket system has no member with this id. Check the connection to read its members again."
        )


class NobodyHereError(NotFoundError):
    """The person is not a member of the account."""

    def __init__(self) -> None:
        super().__init__("Nobody in this account has this user id. GET /api/v1/members lists them.")


async def store_members(db: Db, connection: PsaConnection, found: Sequence[Member], now: datetime) -> None:
    """Keep the members as they are now, and match those who were not mapped by hand.

    Raises:
        NoSuchConnectionError: the connection has been removed meanwhile.
    """
    await lock_connection(db, connection.account_id, connection.id)
    whose = {"account_id": connection.account_id, "connection_id": connection.id, "seen_at": now}
    rows = [
        {
            **whose,
            "id": new_id(),
            "external_id": one.id,
            "name": one.name,
            "email": one.email,
            "is_active": one.is_active,
            "is_own": one.is_own,
        }
        for one in {one.id: one for one in found}.values()
    ]
    if rows:
        new = insert(PsaMember).values(rows)
        facts = {name: new.excluded[name] for name in ("name", "email", "is_active", "is_own", "seen_at")}
        await db.execute(
            new.on_conflict_do_update(index_elements=["account_id", "connection_id", "external_id"], set_=facts)
        )
    # Whoever was not in this answer is not there any more.
    gone = update(PsaMember).where(*_of(connection), PsaMember.seen_at < now)
    await db.execute(gone.values(is_active=False))
    await _match_all(db, connection)
    await hooks.call(hooks.on_ready, db, hooks.Changed(connection.account_id, connection.id, connection.name, now))


async def map_member(
    db: Db, actor: Actor, connection: PsaConnection, external_id: str, user_id: uuid.UUID | None, now: datetime
) -> None:
    """Say who a member of the ticket system is here; None for nobody. It outlives what is read there later.

    A person has one member there: whoever was mapped to them before is not any more. A token of their own
    does not go over to somebody else.

    Raises:
        NoSuchMemberError: there is no such member.
        NobodyHereError: the user is not a member of the account.
    """
    member = await lock_member(db, connection, external_id)
    if user_id is not None:
        if user_id not in await names_of(db, actor.account_id, [user_id]):
            raise NobodyHereError
        same_person = PsaMember.user_id == user_id, PsaMember.external_id != external_id
        freeing = update(PsaMember).where(*_of(connection), *same_person)
        await db.execute(freeing.values(user_id=None, mapped_by=None, **_NO_TOKEN))
    if member.user_id != user_id:
        member.token_encrypted = member.token_refused_at = None
    member.user_id, member.mapped_by = user_id, MappedBy.HAND
    await db.flush()
    # Somebody may be matched by e-mail again, who was mapped to this member before.
    await _match_all(db, connection)
    facts = {
        "member": member.name,
        "external_id": external_id,
        "user_id": None if user_id is None else str(user_id),
    }
    target = ("psa_connection", connection.id)
    await record(db, actor.account_id, actor.user_id, "psa_member.mapped", target, at=now, after=facts)
    await hooks.call(hooks.on_ready, db, hooks.Changed(connection.account_id, connection.id, connection.name, now))


async def lock_member(db: Db, connection: PsaConnection, external_id: str) -> PsaMember:
    """A member, locked until the transaction ends.

    Raises:
        NoSuchMemberError: there is no such member.
    """
    # Mappings of one connection take turns.
    await lock_connection(db, connection.account_id, connection.id)
    query = select(PsaMember).where(*_of(connection), PsaMember.external_id == external_id)
    member = (await db.scalars(query)).one_or_none()
    if member is None:
        raise NoSuchMemberError
    return member


async def _match_all(db: Db, connection: PsaConnection) -> None:
    rows = await members_of(db, connection.account_id, connection.id)
    by_hand = {row.user_id for row in rows if row.mapped_by == MappedBy.HAND and row.user_id is not None}
    others = [row for row in rows if row.mapped_by != MappedBy.HAND]
    users = await users_by_email(db, connection.account_id)
    matched = match(others, users, by_hand)
    here = set(users.values())
    for row in others:
        if row.external_id not in matched and row.user_id not in here:
            continue  # Whose time still waits when they leave is booked as theirs.
        if row.user_id != matched.get(row.external_id):
            row.token_encrypted = row.token_refused_at = None
        row.user_id = matched.get(row.external_id)
        row.mapped_by = None if row.user_id is None else MappedBy.EMAIL
    await db.flush()


def _of(connection: PsaConnection) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PsaMember.account_id == connection.account_id, PsaMember.connection_id == connection.id
