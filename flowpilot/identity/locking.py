"""Changes of access take turns. Each is decided by the roles at its own turn, including the actor's.

No change of access reads a role elsewhere: a role that was read before the lock, even at authentication, may be
outdated.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import func, or_, select

from flowpilot.db.session import Db
from flowpilot.errors import ConflictError, NotFoundError
from flowpilot.identity.actor import Actor, ForbiddenError, Permission, Role, require
from flowpilot.identity.auth import NoAccountError
from flowpilot.identity.credentials import UnauthenticatedError
from flowpilot.identity.models import ApiKey, Membership, User


class LastOwnerError(ConflictError):
    """An account must keep one owner."""

    def __init__(self) -> None:
        super().__init__("This is the last owner who can sign in. Make another member an owner first.")


@dataclass(frozen=True, slots=True)
class LockedAccess:
    """The access to an account, locked against other changes until the transaction ends.

    `actor` has their present role; None if no member acts. `roles` are those of the owners and of the requested
    members.
    """

    account_id: uuid.UUID
    actor: Actor | None
    roles: Mapping[uuid.UUID, Role]
    owners_who_can_sign_in: frozenset[uuid.UUID]

    @property
    def actor_id(self) -> uuid.UUID | None:
        """The user that the audit log names for the change."""
        return None if self.actor is None else self.actor.user_id

    def check(self, permission: Permission, *roles: Role) -> None:
        """Refuse an actor who lacks the permission, or whose role is below one of these.

        Raises:
            ForbiddenError: their role does not include the permission, or one of the roles is above it.
        """
        if self.actor is None:
            return
        require(self.actor, permission)
        for role in roles:
            if role.rank > self.actor.role.rank:
                raise ForbiddenError(f"Your role ({self.actor.role}) cannot manage a role above it ({role}).")

    def role_of(self, user_id: uuid.UUID) -> Role:
        """The role of one of the requested members.

        Raises:
            NotFoundError: there is no such member.
        """
        role = self.roles.get(user_id)
        if role is None:
            raise NotFoundError("There is no such member in this account.")
        return role

    def keep_an_owner(self, leaving: uuid.UUID) -> None:
        """Refuse to lose the last owner.

        Raises:
            LastOwnerError: no owner who can sign in, and so could let others back in, would be left.
        """
        if self.roles.get(leaving) is Role.OWNER and not self.owners_who_can_sign_in - {leaving}:
            raise LastOwnerError


async def lock_access(
    db: Db, account_id: uuid.UUID, actor: Actor | None, *members: uuid.UUID | None
) -> LockedAccess:
    """Wait for earlier changes of access, and read what this one depends on.

    Raises:
        NoAccountError: the actor is no longer a member.
        UnauthenticatedError: the actor's API key is revoked.
    """
    # Not row locks: who is an owner depends on all rows, including those that another change is just adding.
    turn = func.hashtextextended(f"access {account_id}", 0)
    await db.execute(select(func.pg_advisory_xact_lock(turn)))
    asked = {user_id for user_id in members if user_id is not None} | ({actor.user_id} if actor else set())
    rows = await db.execute(
        select(Membership.user_id, Membership.role, User.password_hash.is_not(None).label("can_sign_in"))
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.account_id == account_id,
            or_(Membership.role == Role.OWNER, Membership.user_id.in_(asked)),
        )
    )
    found = rows.all()
    roles = {row.user_id: Role(row.role) for row in found}
    owners = frozenset(row.user_id for row in found if row.can_sign_in and row.role == Role.OWNER)
    return LockedAccess(account_id, actor and await _as_of_now(db, actor, roles), roles, owners)


async def _as_of_now(db: Db, actor: Actor, roles: Mapping[uuid.UUID, Role]) -> Actor:
    role = roles.get(actor.user_id)
    if role is None:
        raise NoAccountError
    if actor.key_id is None:
        return replace(actor, role=role)
    key_role = await db.scalar(
        select(ApiKey.role).where(
            ApiKey.account_id == actor.account_id, ApiKey.id == actor.key_id, ApiKey.revoked_at.is_(None)
        )
    )
    if key_role is None:
        raise UnauthenticatedError("The API key is revoked. Create a new one.")
    return replace(actor, role=min(role, Role(key_role), key=lambda role: role.rank))
