"""Notices that are not about a handoff: the members who can do something are told, until it is over."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert

from flowpilot.db.announce import announce
from flowpilot.db.base import new_id
from flowpilot.db.session import Db, ReadDb
from flowpilot.identity.actor import PERMISSIONS, Permission
from flowpilot.identity.models import Account
from flowpilot.notifications.delivery.trouble import TroubleKind
from flowpilot.notifications.models import Notification
from flowpilot.notifications.people import Person


class Notice(NamedTuple):
    """What is wrong, with what: `about` is its id, and `name` what people call it."""

    about: uuid.UUID
    kind: TroubleKind
    name: str
    reason: str


def may(person: Person, permission: Permission) -> bool:
    """Whether a member's role includes the permission."""
    return permission in PERMISSIONS[person.role]


def those_who_may(members: Mapping[uuid.UUID, Person], permission: Permission) -> set[uuid.UUID]:
    """The members whose role includes the permission."""
    return {user for user, person in members.items() if may(person, permission)}


async def with_unread(
    db: ReadDb, account_id: uuid.UUID, users: Collection[uuid.UUID], kind: TroubleKind
) -> set[uuid.UUID]:
    """Those who have not yet read of another thing of that kind."""
    query = select(Notification.user_id).where(
        Notification.account_id == account_id,
        Notification.user_id.in_(users),
        Notification.read_at.is_(None),
        Notification.settled_at.is_(None),
        Notification.content["kind"].astext == kind,
    )
    return set(await db.scalars(query))


async def notify(
    db: Db, account_id: uuid.UUID, users: Collection[uuid.UUID], notice: Notice, at: datetime
) -> None:
    """Tell these members."""
    if not users:
        return
    content = {
        "kind": notice.kind,
        "name": notice.name,
        "reason": notice.reason,
        "since": at.isoformat(),
        "zone": await db.scalar(select(Account.timezone).where(Account.id == account_id)),
    }
    about = {"account_id": account_id, "route_id": notice.about, "content": content, "created_at": at}
    await db.execute(insert(Notification).values([{"id": new_id(), "user_id": user, **about} for user in users]))
    announce(db, account_id, "notifications")


async def holds(
    db: ReadDb, account_id: uuid.UUID, about: uuid.UUID, kind: TroubleKind, *, since: datetime | None
) -> bool:
    """Whether members were told of it since then, and it is not over."""
    query = select(Notification.id).where(
        Notification.account_id == account_id,
        Notification.route_id == about,
        Notification.settled_at.is_(None),
        Notification.content["kind"].astext == kind,
        *([] if since is None else [Notification.created_at >= since]),
    )
    return await db.scalar(query.limit(1)) is not None


def is_of(*kinds: TroubleKind) -> ColumnElement[bool]:
    """The condition that a notice is of one of these kinds."""
    kind: ColumnElement[str] = Notification.content["kind"].astext
    return kind.in_(kinds)


async def settle(
    db: Db,
    account_id: uuid.UUID,
    about: Collection[uuid.UUID],
    at: datetime,
    *which: ColumnElement[bool],
) -> None:
    """These are over: nobody needs to read of them any more.

    Args:
        which: conditions on the notices, if not all that is about them is over.
    """
    notices = (
        Notification.account_id == account_id,
        Notification.route_id.in_(about),
        Notification.settled_at.is_(None),
        *which,
    )
    settling = update(Notification).where(*notices).values(settled_at=at)
    if (await db.scalars(settling.returning(Notification.id))).all():
        announce(db, account_id, "notifications")
