"""The people to whom work can be assigned: those who can sign in and claim it."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import InvalidError
from flowpilot.identity.actor import PERMISSIONS, Actor, ForbiddenError, Permission, Role, WorkLimits
from flowpilot.identity.models import Account, Membership, User


class NotAssignableError(InvalidError):
    """No member with this id can sign in and claim: an imported person, for example, or somebody unknown."""

    def __init__(self, field: str) -> None:
        super().__init__(
            "No member with this id can sign in and claim. GET /members shows with can_be_assigned who can.",
            field=field,
        )


def can_work(role: Role) -> bool:
    """Whether a member with that role may work on sessions and handoffs."""
    return Permission.WORK in PERMISSIONS[role]


def can_be_assigned(role: Role, *, can_sign_in: bool) -> bool:
    """Whether work may be assigned to a member: the one rule for what is offered, accepted and notified.

    A person known only from an import, a program with an API key, or a person without a password would never see
    it.
    """
    return can_sign_in and can_work(role)


async def lock_assignee(db: Db, account_id: uuid.UUID, user_id: uuid.UUID, field: str) -> None:
    """Make sure that a member can be assigned work, and can until this transaction ends.

    Call it before a session is locked: a change of access locks the membership first, and what the member holds
    after it. `field` is the one in which the member was named.

    Raises:
        NotAssignableError: this is not a member, or cannot sign in and claim.
    """
    query = (
        select(Membership.role, User.password_hash.is_not(None).label("can_sign_in"))
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id, Membership.user_id == user_id)
        .with_for_update(read=True, of=Membership)
    )
    found = (await db.execute(query)).one_or_none()
    if found is None or not can_be_assigned(Role(found.role), can_sign_in=found.can_sign_in):
        raise NotAssignableError(field)


async def lock_own_work(db: Db, actor: Actor, *, alone: bool = False) -> WorkLimits:
    """Make sure that the actor may work until this transaction, which gives them work, ends.

    Returns: the account's limits, which are read in the same statement.

    Call it before a session is locked, like `lock_assignee`. With `alone` the actor's transactions take turns. One
    who was looked up for it (`access.CanTakeWork`) is locked already.

    Raises:
        ForbiddenError: they have lost their access since the request began.
    """
    if actor.held_limits is not None and not alone:
        return actor.held_limits
    query = (
        select(Membership.role, Account.lease_minutes, Account.idle_minutes)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.account_id == actor.account_id, Membership.user_id == actor.user_id)
        .with_for_update(read=not alone, of=Membership)
    )
    found = (await db.execute(query)).one_or_none()
    if found is None or not can_work(Role(found.role)):
        raise ForbiddenError("Your role has just been changed, and no longer includes this.")
    return WorkLimits(found.lease_minutes, found.idle_minutes)


async def still_works(db: ReadDb, account_id: uuid.UUID, user_id: uuid.UUID | None) -> bool:
    """Whether a user is still a member who may work. Integrations count too."""
    query = select(Membership.role).where(Membership.account_id == account_id, Membership.user_id == user_id)
    role = await db.scalar(query)
    return role is not None and can_work(Role(role))
