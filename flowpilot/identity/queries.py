"""Lists of members, keys and invitations, and people's names."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, and_, any_, bindparam, func, select

from flowpilot.db.pages import newest_first, oldest_first
from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.db.texts import may_have
from flowpilot.identity.actor import Actor, Role
from flowpilot.identity.assignees import can_work
from flowpilot.identity.models import Account, ApiKey, Invitation, Membership, User

# What a transaction keeps the names under that it has read; None is nobody's name any more.
_NAMES = "names"
_HAVE_READ_AHEAD = "have read names ahead"
_NOBODY: Mapping[uuid.UUID, str] = {}

# As many as most accounts have: a page asks for names more than once, and then knows them.
_MOST_READ_AHEAD = 50


def _named(users: ColumnElement[Any]) -> Built:
    return Built(
        select(User.id, User.name, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == bindparam("account"), User.id == any_(users))
    )


_USERS: ColumnElement[Any] = bindparam("users", type_=ARRAY(Uuid))
_FIRST_MEMBERS = (
    select(Membership.user_id)
    .where(Membership.account_id == bindparam("account"))
    .order_by(Membership.user_id)
    .limit(_MOST_READ_AHEAD)
)
_NAMED = _named(_USERS)
_NAMED_AND_OTHERS = _named(func.array_cat(_USERS, func.array(_FIRST_MEMBERS.scalar_subquery(), type_=ARRAY(Uuid))))
_ME = Built(
    select(User.name, User.email, Account.name.label("account_name"))
    .join(Membership, Membership.user_id == User.id)
    .join(Account, Account.id == Membership.account_id)
    .where(Membership.account_id == bindparam("account"), Membership.user_id == bindparam("user"))
)


async def members(
    db: ReadDb,
    account_id: uuid.UUID,
    limit: int,
    after: uuid.UUID | None,
    *,
    assignable: bool = False,
    words: Iterable[str] = (),
    only: Collection[uuid.UUID] | None = None,
) -> Sequence[Row[uuid.UUID, str | None, str, str, bool, datetime]]:
    """Members in the order of their user ids, starting after `after`.

    Args:
        assignable: only those who can be assigned work.
        words: each is in their names or e-mail addresses.
        only: the ids of those who are asked for.
    """
    query = (
        select(
            Membership.user_id,
            User.email,
            User.name,
            Membership.role,
            User.password_hash.is_not(None).label("can_sign_in"),
            Membership.created_at,
        )
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id)
    )
    if assignable:
        query = query.where(User.password_hash.is_not(None), Membership.role.in_(filter(can_work, Role)))
    if only is not None:
        query = query.where(Membership.user_id.in_(only))
    called = func.concat(User.name, " ", User.email)
    query = query.where(*(called.icontains(word, autoescape=True) for word in words))
    return (await db.execute(oldest_first(query, Membership.user_id, limit, after))).all()


async def only_owner(db: ReadDb, account_id: uuid.UUID) -> uuid.UUID | None:
    """The only owner who can sign in, and so must stay; None if there are more."""
    query = (
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id, Membership.role == Role.OWNER, User.password_hash.is_not(None))
        .limit(2)
    )
    owners = (await db.scalars(query)).all()
    return owners[0] if len(owners) == 1 else None


async def keys(db: ReadDb, account_id: uuid.UUID, limit: int, after: uuid.UUID | None) -> Sequence[ApiKey]:
    """Keys in the order of their creation, starting after `after`."""
    query = select(ApiKey).where(ApiKey.account_id == account_id)
    return (await db.scalars(oldest_first(query, ApiKey.id, limit, after))).all()


async def invitations(
    db: ReadDb, account_id: uuid.UUID, limit: int, before: uuid.UUID | None
) -> Sequence[Invitation]:
    """The newest invitations, or those older than the invitation `before`. Ids sort by time."""
    query = select(Invitation).where(Invitation.account_id == account_id)
    return (await db.scalars(newest_first(query, Invitation.id, limit, before))).all()


async def role_of(db: ReadDb, account_id: uuid.UUID, user_id: uuid.UUID | None) -> Role | None:
    """A member's role, to show it. Changes of access read roles through `locking`."""
    role = await db.scalar(
        select(Membership.role).where(Membership.account_id == account_id, Membership.user_id == user_id)
    )
    return None if role is None else Role(role)


async def timezone_of(db: ReadDb, account_id: uuid.UUID) -> str:
    """The account's time zone."""
    return (await db.scalars(select(Account.timezone).where(Account.id == account_id))).one()


async def me(db: ReadDb, actor: Actor) -> Row[str, str | None, str]:
    """The actor's `name`, `email` (null for an integration) and `account_name`."""
    found: Row[str, str | None, str] = await _ME.first(db, account=actor.account_id, user=actor.user_id)
    return found


def name_of(row: Any) -> str:
    """How a member is called who has this `name` and `email`."""
    return row.name or row.email or ""


async def names_of(
    db: ReadDb, account_id: uuid.UUID, user_ids: Iterable[uuid.UUID], known: Mapping[uuid.UUID, str] = _NOBODY
) -> dict[uuid.UUID, str]:
    """The names of members: their name, or their e-mail if they have none.

    Members who have left are not included. Those that are `known` are not read, nor is anybody read twice in a
    transaction that only reads, since it sees one moment. The first read of one takes some others along.
    """
    people = set(user_ids)
    read: dict[uuid.UUID, str | None] = db.info.setdefault(_NAMES, {}) if db.read_only else {}
    found = {**read, **known}
    if unread := people - found.keys():
        is_first = db.read_only and not db.info.get(_HAVE_READ_AHEAD)
        query = _NAMED_AND_OTHERS if is_first else _NAMED
        db.info[_HAVE_READ_AHEAD] = True
        rows = await query.all(db, account=account_id, users=list(unread))
        read |= dict.fromkeys(unread) | {row.id: name_of(row) for row in rows}
        found |= read
    return {person: name for person in people if (name := found[person]) is not None}


def keep_names(db: ReadDb, names: Mapping[uuid.UUID, str]) -> None:
    """Keep names that a transaction which only reads has read otherwise."""
    if db.read_only:
        db.info.setdefault(_NAMES, {}).update(names)


async def names_of_all(db: ReadDb, account_id: uuid.UUID) -> Sequence[tuple[uuid.UUID, str]]:
    """The names of all members, as `names_of` has them."""
    query = (
        select(User.id, User.name, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id)
    )
    return [(row.id, name_of(row)) for row in await db.execute(query)]


async def names_with(db: ReadDb, account_id: uuid.UUID, words: Collection[str]) -> Sequence[tuple[uuid.UUID, str]]:
    """The names of the members whose name may have one of the words."""
    name = func.coalesce(func.nullif(User.name, ""), User.email, "")
    query = (
        select(User.id, name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id, may_have(name, words))
    )
    return [(user_id, called) for user_id, called in await db.execute(query)]


async def names_and_timezone(
    db: ReadDb, account_id: uuid.UUID, user_ids: Iterable[uuid.UUID]
) -> tuple[dict[uuid.UUID, str], str]:
    """`names_of` and `timezone_of` in one statement."""
    query = (
        select(Account.timezone, User.id, User.name, User.email)
        .outerjoin(Membership, and_(Membership.account_id == Account.id, Membership.user_id.in_(user_ids)))
        .outerjoin(User, User.id == Membership.user_id)
        .where(Account.id == account_id)
    )
    rows = (await db.execute(query)).all()
    return {row.id: name_of(row) for row in rows if row.id is not None}, rows[0].timezone


async def emails_of(
    db: ReadDb, account_id: uuid.UUID, user_ids: Iterable[uuid.UUID]
) -> dict[uuid.UUID | None, str | None]:
    """The e-mails of those who are members; None for an integration."""
    query = (
        select(User.id, User.email)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.account_id == account_id, User.id.in_(user_ids))
    )
    return {row.id: row.email for row in await db.execute(query)}
