"""What notifications need to know about the members of an account, and what members have switched off."""

import uuid
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from flowpilot.db.session import ReadDb
from flowpilot.db.statements.built import Built
from flowpilot.identity.actor import Role
from flowpilot.identity.assignees import can_be_assigned
from flowpilot.identity.models import Membership, User
from flowpilot.notifications.models import NotificationPreference


class Person(NamedTuple):
    """A member's role, e-mail address (if any), and whether handoffs can be assigned to them."""

    role: Role
    email: str | None
    can_be_assigned: bool


# Built once, because every event asks.
_MEMBERS = Built(
    select(Membership.user_id, Membership.role, User.email, User.password_hash.is_not(None).label("can_sign_in"))
    .join(User, User.id == Membership.user_id)
    .where(Membership.account_id == bindparam("account"))
)
_OFF = Built(
    select(NotificationPreference.user_id, NotificationPreference.kind).where(
        NotificationPreference.account_id == bindparam("account"),
        NotificationPreference.user_id == any_(bindparam("users", type_=ARRAY(Uuid))),
        NotificationPreference.is_enabled.is_(False),
    )
)


async def people(db: ReadDb, account_id: uuid.UUID) -> dict[uuid.UUID, Person]:
    """Every member of the account."""
    return {
        row.user_id: Person(
            Role(row.role), row.email, can_be_assigned(Role(row.role), can_sign_in=row.can_sign_in)
        )
        for row in await _MEMBERS.all(db, account=account_id)
    }


async def switched_off(
    db: ReadDb, account_id: uuid.UUID, users: Collection[uuid.UUID]
) -> set[tuple[uuid.UUID | None, str]]:
    """The kinds of channel that each of these users has switched off."""
    return {(row.user_id, row.kind) for row in await _OFF.all(db, account=account_id, users=list(users))}
