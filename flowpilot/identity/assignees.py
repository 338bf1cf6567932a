"""Who work can be assigned to: people who can sign in and claim it."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import Db, ReadDb
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import PERMISSIONS, Actor, Permission, Role
from flowpilot.identity.auth import ForbiddenError
from flowpilot.identity.models import Membership, User


class NotAssignableError(NotFoundError):
    """Nobody of this id can sign in and claim."""

    def __init__(self) -> None:
        super().__init__(
            "There is nobody with this id in the account who can sign in and claim. "
            "GET /members says with can_be_assigned who can."
        )


def can_work(role: Role) -> bool:
    """Whether a member of that role may work on sessions and handoffs."""
    return Permission.WORK in PERMISSIONS[role]


def can_be_assigned(role: Role, *, can_sign_in: bool) -> bool:
    """Whether a handoff or a session may be assigned to a member: offered, accepted and notified by this alone.

    Somebody whom only an import knows, a program with an API key, or somebody who has no password yet would never
    see it.
    """
    return can_sign_in and can_work(role)


async def lock_assignee(db: Db, account_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Make sure that somebody can be assigned work, and stays able to until this transaction ends.

    Call it before a session is locked: whoever takes a person's access locks their membership first and what they
    hold after it.

    Raises:
        NotAssignableError: they are not a member, or one who cannot sign in and claim.
    """
    query = (
        select(Membership.role, User.password_hash.is_not(None).label("can_sign_in"))
        .join(User, User.id == Membership.user_id)
        .where(Membership.account_id == account_id, Membership.user_id == user_id)
        .with_for_update(read=True, of=Membership)
    )
    found = (await db.execute(query)).one_or_none()
    if found is None or not can_be_assigned(Role(found.role), can_sign_in=found.can_sign_in):
        raise NotAssignableError


async def lock_own_work(db: Db, actor: Actor, *, alone: bool = False) -> None:
    """Make sure that the actor stays able to work until this transaction, which gives them work, ends.

    Call it before a session is locked, as `lock_assignee`. With `alone` the actor's transactions take turns.

    Raises:
        ForbiddenError: their access was taken since the request began.
    """
    query = select(Membership.role).where(
        Membership.account_id == actor.account_id, Membership.user_id == actor.user_id
    )
    role = await db.scalar(query.with_for_update(read=not alone))
    if role is None or not can_work(Role(role)):
        raise ForbiddenError("Your role was changed at this moment and does not include this any more.")


async def still_works(db: ReadDb, account_id: uuid.UUID, user_id: uuid.UUID | None) -> bool:
    """Whether somebody is still a member who may work; a program may."""
    query = select(Membership.role).where(Membership.account_id == account_id, Membership.user_id == user_id)
    role = await db.scalar(query)
    return role is not None and can_work(Role(role))
