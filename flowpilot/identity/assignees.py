"""Who work can be assigned to: people who can sign in and claim it."""

import uuid

from sqlalchemy import select

from flowpilot.db.session import Db
from flowpilot.errors import NotFoundError
from flowpilot.identity.actor import PERMISSIONS, Permission, Role
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
